using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.TiledProduct.BF16;

/// <summary>Packed weight codes as bf16 tiles. Codes are integers up to 127, so one part holds them exactly.</summary>
/// <param name="weights">The whole matrix; its groups are whole tiles of 32 columns, or one a row.</param>
internal readonly unsafe ref struct CodeWeightTiles(PackedWeights weights) : IWeightTiles
{
    private readonly PackedWeights _weights = weights;
    private readonly int _groups = CodeProductShape.Groups(weights);
    private readonly int _rowBytes = WeightPacking.BytesPerRow(weights.Format, weights.Columns);

    public int Rows => _weights.Rows;

    public int Columns => _weights.Columns;

    public int Parts => 1;

    public int PreservedCount => _weights.PreservedChannels.Length;

    public float Preserved(int row, int index) => _weights.PreservedColumns[(row * PreservedCount) + index];

    public int ScaleEnd(int column) => (int)Math.Min(_weights.Columns, ((column / _weights.GroupSize) + 1L) * _weights.GroupSize);

    public float Scale(int row, int column) => _weights.Scales[(row * _groups) + (column / _weights.GroupSize)];

    /// <summary>Whether groups begin where tiles do.</summary>
    public static bool Fits(PackedWeights weights) => weights.GroupSize % BF16Tile.Columns == 0 || weights.GroupSize >= weights.Columns;

    [SkipLocalsInit]
    public void Unpack(int firstRow, int rowCount, int firstColumn, int columns, byte* tiles, nuint partStride, Span<uint> largest)
    {
        // Whole packed blocks of up to 128 columns: what they hold behind the last column is code 0.
        Span<sbyte> codes = stackalloc sbyte[BF16Product.BlockColumns];
        int perByte = WeightPacking.CodesPerByte(_weights.Format);
        int firstByte = firstColumn / perByte;
        int bytes = Math.Min(BF16Product.BlockColumns / perByte, _rowBytes - firstByte);
        for (int r = 0; r < BF16Tile.Side; r++)
        {
            if (r < rowCount)
            {
                CodeUnpacking.Unpack(_weights.Format, _weights.Codes.Slice(((firstRow + r) * _rowBytes) + firstByte, bytes), codes);
            }
            else
            {
                codes.Clear();
            }

            ref byte row = ref tiles[r * BF16Tile.Bytes / BF16Tile.Side];
            for (int c = 0; c < columns; c += BF16Tile.Columns)
            {
                ref sbyte first = ref Unsafe.Add(ref MemoryMarshal.GetReference(codes), c);
                BF16Split.StoreExact(ToSingle(ref first), ToSingle(ref Unsafe.Add(ref first, BF16Tile.Side)), ref Unsafe.Add(ref row, c / BF16Tile.Columns * BF16Tile.PairBytes));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ToSingle(ref sbyte codes)
    {
        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.LoadUnsafe(ref codes));
        return Vector512.ConvertToSingle(Vector512.Create(
            Vector256.Create(Vector128.WidenLower(low), Vector128.WidenUpper(low)),
            Vector256.Create(Vector128.WidenLower(high), Vector128.WidenUpper(high))));
    }
}
