using System.Runtime.InteropServices;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Benchmarks.Workloads;

/// <summary>A random weight matrix in as many copies as exceed the caches together, so that every call reads its weights from memory.</summary>
internal sealed class RotatingWeights
{
    // Random output features; the others repeat them. What a kernel costs does not depend on the values.
    private const int DistinctFeatures = 61;

    private readonly byte[][] _copies;
    private int _turn;

    /// <summary>Draws the weights.</summary>
    /// <param name="kernel">Says what the weights are.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="channels">Input features that some product preserves: their codes are 0.</param>
    /// <param name="rotationBytes">Bytes that the copies have together at least.</param>
    public RotatingWeights(ProductKernel kernel, WeightShape shape, int[] channels, long rotationBytes)
    {
        (Kernel, Shape) = (kernel, shape);
        byte[] first = Draw(kernel, shape, channels);
        _copies = new byte[(int)Math.Max(1, (rotationBytes + first.Length - 1) / first.Length)][];
        _copies[0] = first;
        for (int i = 1; i < _copies.Length; i++)
        {
            _copies[i] = (byte[])first.Clone();
        }

        Scales = kernel.CodeWeights is null ? [] : [.. RandomValues.Floats((long)shape.OutFeatures * kernel.Groups(shape.InFeatures), 3).Select(value => (value + 1) / 100)];
    }

    public ProductKernel Kernel { get; }

    public WeightShape Shape { get; }

    /// <summary>Gets the weight scales; none for float weights. Shape <c>[outFeatures, groups]</c>.</summary>
    public float[] Scales { get; }

    /// <summary>Gets the number of copies.</summary>
    public int CopyCount => _copies.Length;

    /// <summary>Gets the first copy: all have the same values.</summary>
    public byte[] First => _copies[0];

    /// <summary>Gets the copy that was not used for longest.</summary>
    public byte[] Next() => _copies[_turn++ % _copies.Length];

    /// <summary>Views a copy as packed codes.</summary>
    public PackedWeights AsPacked(byte[] copy, int[] preservedChannels, float[] preservedColumns) => new()
    {
        Format = Kernel.CodeWeights!.Value,
        Rows = Shape.OutFeatures,
        Columns = Shape.InFeatures,
        GroupSize = Kernel.GroupSize ?? Shape.InFeatures,
        Codes = copy,
        Scales = Scales,
        PreservedChannels = preservedChannels,
        PreservedColumns = preservedColumns,
    };

    private static byte[] Draw(ProductKernel kernel, WeightShape shape, int[] channels)
    {
        int bytesPerFeature = (int)kernel.BytesPerOutFeature(shape.InFeatures);
        byte[] weights = GC.AllocateUninitializedArray<byte>(shape.OutFeatures * bytesPerFeature);
        Random random = new(1);
        for (int r = 0; r < shape.OutFeatures; r++)
        {
            Span<byte> feature = weights.AsSpan(r * bytesPerFeature, bytesPerFeature);
            if (r >= DistinctFeatures)
            {
                weights.AsSpan((r - DistinctFeatures) * bytesPerFeature, bytesPerFeature).CopyTo(feature);
            }
            else if (kernel.CodeWeights is { } format)
            {
                DrawCodes(format, shape.InFeatures, channels, random, feature);
            }
            else
            {
                DrawFloats(kernel.FloatWeights!.Value, random, feature);
            }
        }

        return weights;
    }

    private static void DrawCodes(WeightFormat format, int columns, int[] channels, Random random, Span<byte> packed)
    {
        int qMax = WeightPacking.QMax(format);
        sbyte[] codes = new sbyte[columns];
        for (int c = 0; c < columns; c++)
        {
            codes[c] = (sbyte)random.Next(-qMax, qMax + 1);
        }

        foreach (int channel in channels)
        {
            codes[channel] = 0;
        }

        WeightPacking.PackRow(format, codes, packed);
    }

    private static void DrawFloats(FloatType type, Random random, Span<byte> elements)
    {
        if (type == FloatType.F32)
        {
            foreach (ref float element in MemoryMarshal.Cast<byte, float>(elements))
            {
                element = random.NextSingle() - 0.5f;
            }

            return;
        }

        foreach (ref ushort element in MemoryMarshal.Cast<byte, ushort>(elements))
        {
            float value = random.NextSingle() - 0.5f;
            element = type == FloatType.F16 ? BitConverter.HalfToUInt16Bits((Half)value) : (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
        }
    }
}
