using System.Runtime.InteropServices;
using OutlierQuant.Kernels.FloatMatmul;

namespace OutlierQuant.Kernels.Bench.Workloads;

/// <summary>Float activations times float weights.</summary>
internal sealed class FloatMatmulWorkload : Workload
{
    private readonly FloatType _type;
    private readonly byte[][] _copies;
    private readonly float[] _source;
    private readonly float[] _destination;

    public FloatMatmulWorkload(ProductCase product)
        : base(product)
    {
        _type = product.FloatWeights!.Value;
        _copies = Copies(RandomElements(_type, product.Rows * product.Columns));
        _source = RandomFloats(product.Tokens * product.Columns, 2);
        _destination = new float[product.Tokens * product.Rows];
    }

    protected override int Granularity(KernelSuite suite) => suite.FloatMatmul.RowGranularity;

    protected override void Multiply(KernelSuite suite, int copy, int firstRow, int rowCount)
    {
        FloatWeights weights = new() { Elements = _copies[copy], Type = _type, Rows = Product.Rows, Columns = Product.Columns };
        suite.FloatMatmul.Multiply(_source, Product.Tokens, weights, firstRow, rowCount, _destination);
    }

    private static byte[] RandomElements(FloatType type, int count)
    {
        float[] values = RandomFloats(count, 1);
        if (type == FloatType.F32)
        {
            return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        }

        ushort[] halves = new ushort[count];
        for (int i = 0; i < count; i++)
        {
            halves[i] = type == FloatType.F16 ? BitConverter.HalfToUInt16Bits((Half)values[i]) : (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16);
        }

        return MemoryMarshal.AsBytes(halves.AsSpan()).ToArray();
    }
}
