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
        if (rowCount < TileLayout.PairRows)
        {
            new Span<byte>(tiles, Steps * TileLayout.StepBytes).Clear();
            new Span<float>(scales, Groups.Count * TileLayout.PairRows).Clear();
            new Span<int>(starts, Groups.Count * TileLayout.PairRows).Clear();
        }

        for (int r = 0; r < rowCount; r++)
        {
            byte* lines = tiles + (r * TileLayout.RowBytes);
            ReadOnlySpan<byte> packed = _weights.Codes.Slice((firstRow + r) * _rowBytes, _rowBytes);
            switch (_weights.Format)
            {
                case WeightFormat.Int8:
                    Copy(packed, lines);
                    break;
                case WeightFormat.Int4:
                    Unpack<Int4Packing>(packed, lines);
                    break;
                default:
                    Unpack<TernaryPacking>(packed, lines);
                    break;
            }

            ReadOnlySpan<float> rowScales = _weights.Scales.Slice((firstRow + r) * Groups.Count, Groups.Count);
            for (int g = 0; g < rowScales.Length; g++)
            {
                scales[(g * TileLayout.PairRows) + r] = rowScales[g];
            }

            if (_needsStarts)
            {
                FillStarts(lines, starts + r);
            }
        }
    }

    // The lines of a feature are as far apart as steps. The two tiles of a step hold 32 features, so rows 16 to 31 follow rows 0 to 15.
    private static void Copy(ReadOnlySpan<byte> packed, byte* lines)
    {
        ref byte source = ref MemoryMarshal.GetReference(packed);
        for (int i = 0; i < packed.Length; i += WeightPacking.BlockBytes)
        {
            Vector256.LoadUnsafe(ref source, (nuint)i).Store(Half(lines, i / WeightPacking.BlockBytes));
        }

        if (packed.Length % TileLayout.RowBytes != 0)
        {
            Vector256<byte>.Zero.Store(Half(lines, packed.Length / WeightPacking.BlockBytes));
        }
    }

    private void Unpack<TPacking>(ReadOnlySpan<byte> packed, byte* lines)
        where TPacking : struct, IPacking
    {
        ref byte source = ref MemoryMarshal.GetReference(packed);
        Vector256<byte> mask = Vector256.Create((byte)((1 << TPacking.Bits) - 1)), offset = Vector256.Create(TPacking.Offset);
        int slices = 8 / TPacking.Bits, halves = 2 * Steps;
        for (int i = 0; i < packed.Length; i += WeightPacking.BlockBytes)
        {
            Vector256<byte> block = Vector256.LoadUnsafe(ref source, (nuint)i);
            for (int slice = 0; slice < slices; slice++)
            {
                // A ternary block is two steps long, so the last one may end behind the last step, in padding.
                int half = (i / WeightPacking.BlockBytes * slices) + slice;
                if (half < halves)
                {
                    Vector256<byte> fields = (block.AsUInt16() >>> (slice * TPacking.Bits)).AsByte() & mask;
                    (fields - offset).Store(Half(lines, half));
                }
            }
        }
    }

    private void FillStarts(byte* lines, int* starts)
    {
        int half = 0, end = 2 * Steps;
        for (int g = 0; g < Groups.Count; g++)
        {
            int groupEnd = Groups.Steps == 0 ? half + 1 : g == Groups.Count - 1 ? end : half + (2 * Groups.Steps);
            Vector256<int> sums = default;
            for (; half < groupEnd; half++)
            {
                sums += ByteInstructions.AddPairs(ByteInstructions.MultiplyAddPairs(Vector256<byte>.One, Vector256.Load((sbyte*)Half(lines, half))));
            }

            starts[g * TileLayout.PairRows] = -128 * Vector256.Sum(sums);
        }
    }

    // Half a line: 32 codes.
    private static byte* Half(byte* lines, int half) => lines + ((nint)(half / 2) * TileLayout.StepBytes) + (half % 2 * (TileLayout.RowBytes / 2));
}
