using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.CodeProduct.Steps;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>Unpacks packed codes to tiles of signed bytes. A block of 32 packed bytes becomes half a line, a line or two lines of 64 codes: no code changes its place.</summary>
/// <param name="weights">The whole matrix.</param>
/// <param name="needsStarts">Whether the sums have to start from −128 times the sum of the codes.</param>
internal readonly unsafe ref struct CodePanels(PackedWeights weights, bool needsStarts)
{
    // 16 KiB of tiles, which stay in the first-level cache until all features have written their lines: a feature's lines are 2 KiB apart.
    private const int ChunkSteps = 8;

    private readonly PackedWeights _weights = weights;
    private readonly bool _needsStarts = needsStarts;
    private readonly int _rowBytes = WeightPacking.BytesPerRow(weights.Format, weights.Columns);

    /// <summary>Gets the steps of a row.</summary>
    public int Steps { get; } = TileLayout.Steps(weights.Columns);

    /// <summary>Gets the number of output features.</summary>
    public int Rows => _weights.Rows;

    /// <summary>Gets the bytes of 32 features in tiles.</summary>
    public int PairBytes => Steps * TileLayout.StepBytes;

    /// <summary>Gets the groups of a row.</summary>
    public TileGroups Groups { get; } = TileGroups.Of(weights.Columns, weights.GroupSize);

    /// <summary>Gets the float weights of some rows' preserved channels. Shape <c>[rowCount, preserved]</c>.</summary>
    public ReadOnlySpan<float> PreservedColumns(int firstRow, int rowCount)
    {
        int preserved = _weights.PreservedChannels.Length;
        return _weights.PreservedColumns.Slice(firstRow * preserved, rowCount * preserved);
    }

    /// <summary>Gets where the packed codes of a row lie, for fetching them ahead of time.</summary>
    public byte* Source(int row) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_weights.Codes)) + ((nint)row * _rowBytes);

    /// <summary>Unpacks 32 features, or fewer and then zeros.</summary>
    /// <param name="firstRow">First feature.</param>
    /// <param name="rowCount">Number of features, 1 to 32.</param>
    /// <param name="tiles">Receives the codes. Shape <c>[steps, 2, 16, 64]</c>.</param>
    /// <param name="scales">Receives the step sizes. Shape <c>[groups, 32]</c>.</param>
    /// <param name="starts">Receives what sums start from, if that is needed. Shape <c>[groups, 32]</c>.</param>
    public void Pack(int firstRow, int rowCount, byte* tiles, float* scales, int* starts)
    {
        int sideCount = Groups.Count * TileLayout.PairRows;
        new Span<int>(starts, _needsStarts ? sideCount : 0).Clear();
        if (rowCount < TileLayout.PairRows)
        {
            new Span<byte>(tiles, PairBytes).Clear();
            new Span<float>(scales, sideCount).Clear();
        }

        for (int r = 0; r < rowCount; r++)
        {
            ReadOnlySpan<float> rowScales = _weights.Scales.Slice((firstRow + r) * Groups.Count, Groups.Count);
            for (int g = 0; g < rowScales.Length; g++)
            {
                scales[(g * TileLayout.PairRows) + r] = rowScales[g];
            }
        }

        for (int step = 0; step < Steps; step += ChunkSteps)
        {
            int steps = Math.Min(ChunkSteps, Steps - step);
            for (int r = 0; r < rowCount; r++)
            {
                // The two tiles of a step hold 32 features one after another.
                byte* lines = tiles + ((nint)step * TileLayout.StepBytes) + (r * TileLayout.RowBytes);
                UnpackChunk(firstRow + r, step, steps, lines);
                if (_needsStarts)
                {
                    AddStarts(lines, 2 * step, 2 * steps, starts + r);
                }
            }
        }
    }

    /// <summary>Writes half lines of 32 codes: a slice each of the packed blocks, and zeros behind the last block of the row.</summary>
    private void UnpackChunk(int row, int firstStep, int steps, byte* lines)
    {
        int slices = WeightPacking.CodesPerByte(_weights.Format), halves = 2 * steps;
        int firstByte = 2 * firstStep / slices * WeightPacking.BlockBytes;
        ref byte packed = ref MemoryMarshal.GetReference(_weights.Codes.Slice((row * _rowBytes) + firstByte));
        int blocks = Math.Min((_rowBytes - firstByte) / WeightPacking.BlockBytes, (halves + slices - 1) / slices);
        for (int b = 0; b < blocks; b++)
        {
            Vector256<byte> block = Vector256.LoadUnsafe(ref packed, (nuint)(b * WeightPacking.BlockBytes));
            switch (_weights.Format)
            {
                case WeightFormat.Int8:
                    block.Store(Half(lines, b));
                    break;
                case WeightFormat.Int4:
                    Store<Int4Packing>(block, 0, lines, 2 * b);
                    Store<Int4Packing>(block, 1, lines, (2 * b) + 1);
                    break;
                default:
                    Store<TernaryPacking>(block, 0, lines, 4 * b);
                    Store<TernaryPacking>(block, 1, lines, (4 * b) + 1);
                    if ((4 * b) + 2 < halves)
                    {
                        Store<TernaryPacking>(block, 2, lines, (4 * b) + 2);
                        Store<TernaryPacking>(block, 3, lines, (4 * b) + 3);
                    }

                    break;
            }
        }

        for (int half = blocks * slices; half < halves; half++)
        {
            Vector256<byte>.Zero.Store(Half(lines, half));
        }
    }

    // The shift moves 16-bit lanes, because x86 has no shift of bytes; the mask removes what came from the neighbouring byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TPacking>(Vector256<byte> block, int slice, byte* lines, int half)
        where TPacking : struct, IPacking
    {
        Vector256<byte> fields = (block.AsUInt16() >>> (slice * TPacking.Bits)).AsByte() & Vector256.Create((byte)((1 << TPacking.Bits) - 1));
        (fields - Vector256.Create(TPacking.Offset)).Store(Half(lines, half));
    }

    private void AddStarts(byte* lines, int firstHalf, int halves, int* starts)
    {
        // Groups of half a step may leave the last half of the last step to padding.
        int groupHalves = Groups.Count == 1 ? 2 * Steps : Groups.Steps == 0 ? 1 : 2 * Groups.Steps;
        halves = Math.Min(halves, (Groups.Count * groupHalves) - firstHalf);
        for (int half = 0; half < halves;)
        {
            int group = (firstHalf + half) / groupHalves, end = Math.Min(halves, ((group + 1) * groupHalves) - firstHalf);
            Vector256<int> sums = default;
            for (; half < end; half++)
            {
                sums += ByteInstructions.AddPairs(ByteInstructions.MultiplyAddPairs(Vector256<byte>.One, Vector256.Load((sbyte*)Half(lines, half))));
            }

            starts[group * TileLayout.PairRows] -= 128 * Vector256.Sum(sums);
        }
    }

    // 32 codes.
    private static byte* Half(byte* lines, int half) => lines + ((nint)((uint)half / 2) * TileLayout.StepBytes) + ((nint)((uint)half % 2) * (TileLayout.RowBytes / 2));
}
