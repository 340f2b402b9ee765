using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.Bench.Workloads;

/// <summary>Float or int8 activations times packed weight codes. The activations are codes already: quantizing them has its own benchmark.</summary>
internal sealed class CodeProductWorkload : Workload
{
    private readonly byte[][] _copies;
    private readonly float[] _scales;
    private readonly float[] _source;
    private readonly sbyte[] _codes;
    private readonly float[] _tokenScales;
    private readonly float[] _destination;
    private readonly int _stride;

    public CodeProductWorkload(ProductCase product)
        : base(product)
    {
        _copies = Copies(RandomCodes(product));
        _scales = [.. RandomFloats(product.Rows * product.Groups, 3).Select(v => (v + 1) / 100)];
        _source = RandomFloats(product.Tokens * product.Columns, 2);
        _stride = WeightPacking.PaddedColumns(product.Columns);
        _codes = new sbyte[product.Tokens * _stride];
        _tokenScales = new float[product.Tokens];
        for (int t = 0; t < product.Tokens; t++)
        {
            ReadOnlySpan<float> row = _source.AsSpan(t * product.Columns, product.Columns);
            _tokenScales[t] = KernelSuite.Fastest.RowQuantize.AbsMax(row, []) / 127;
            KernelSuite.Fastest.RowQuantize.Quantize(row, [], _tokenScales[t], 127, _codes.AsSpan(t * _stride, _stride), []);
        }

        _destination = new float[product.Tokens * product.Rows];
    }

    protected override int Granularity(KernelSuite suite) => suite.CodeProduct.RowGranularity;

    protected override void Multiply(KernelSuite suite, int copy, int firstRow, int rowCount)
    {
        PackedWeights weights = new()
        {
            Format = Product.CodeWeights,
            Rows = Product.Rows,
            Columns = Product.Columns,
            GroupSize = Product.GroupSize,
            Codes = _copies[copy],
            Scales = _scales,
        };
        if (Product.HasIntegerActivations)
        {
            ActivationCodes codes = new() { Codes = _codes, Stride = _stride, Scales = _tokenScales };
            suite.CodeProduct.Multiply(codes, weights, firstRow, rowCount, _destination);
        }
        else
        {
            suite.CodeProduct.Multiply(_source, Product.Tokens, weights, firstRow, rowCount, _destination);
        }
    }

    private static byte[] RandomCodes(ProductCase product)
    {
        int bytesPerRow = WeightPacking.BytesPerRow(product.CodeWeights, product.Columns), qMax = WeightPacking.QMax(product.CodeWeights);
        byte[] packed = new byte[product.Rows * bytesPerRow];
        Random random = new(1);
        sbyte[] codes = new sbyte[product.Columns];
        for (int r = 0; r < product.Rows; r++)
        {
            for (int c = 0; c < codes.Length; c++)
            {
                codes[c] = (sbyte)random.Next(-qMax, qMax + 1);
            }

            WeightPacking.PackRow(product.CodeWeights, codes, packed.AsSpan(r * bytesPerRow, bytesPerRow));
        }

        return packed;
    }
}
