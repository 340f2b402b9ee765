using OutlierQuant.Kernels.CodeProduct;
using Xunit;

namespace OutlierQuant.Kernels.Tests.CodeProduct;

public sealed class PreparedActivationsTests
{
    public static TheoryData<string, WeightFormat> Cases
    {
        get
        {
            TheoryData<string, WeightFormat> cases = [];
            foreach (string kernel in ProductKernels.Names)
            {
                foreach (WeightFormat format in Enum.GetValues<WeightFormat>())
                {
                    cases.Add(kernel, format);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_CodesPreparedOnce_GivesTheSameBits(string kernel, WeightFormat format)
    {
        ICodeProductKernel product = ProductKernels.Named(kernel);
        foreach (ProductCase operands in Products(format))
        {
            float[] whole = operands.Multiply(product, onCodes: true), parts = new float[whole.Length];
            using PreparedCodes? prepared = product.ReserveCodes(operands.Tokens, operands.Weights);
            for (int piece = (prepared?.Pieces ?? 0) - 1; piece >= 0; piece--)
            {
                prepared!.Fill(operands.Codes, piece, 1);
            }

            ActivationCodes source = new()
            {
                Codes = operands.ActivationCodes,
                Stride = operands.Stride,
                Scales = operands.ActivationScales,
                Preserved = operands.PreservedActivations,
                Prepared = prepared,
            };
            product.Multiply(source, operands.Weights, 0, 10, parts);
            product.Multiply(source, operands.Weights, 10, 11, parts);
            Assert.Equal(Bits(whole), Bits(parts));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_FloatsPreparedOnce_GivesTheSameBits(string kernel, WeightFormat format)
    {
        ICodeProductKernel product = ProductKernels.Named(kernel);
        foreach (ProductCase operands in Products(format))
        {
            float[] whole = operands.Multiply(product, onCodes: false), parts = new float[whole.Length];
            using PreparedFloats? prepared = product.Reserve(operands.Tokens, operands.Weights);
            for (int piece = (prepared?.Pieces ?? 0) - 1; piece >= 0; piece--)
            {
                prepared!.Fill(operands.Activations, piece, 1);
            }

            product.Multiply(operands.Activations, operands.Tokens, operands.Weights, 0, 10, parts, prepared);
            product.Multiply(operands.Activations, operands.Tokens, operands.Weights, 10, 11, parts, prepared);
            Assert.Equal(Bits(whole), Bits(parts));
        }
    }

    [Fact]
    public void Multiply_CodesPreparedForOtherGroups_ThrowsNamingBoth()
    {
        ICodeProductKernel kernel = ProductKernels.Named("vector128");
        ProductCase prepared = new(WeightFormat.Int4, 1, 4, 256, 32, 0, 0), other = new(WeightFormat.Int4, 1, 4, 256, 128, 0, 0);
        using PreparedCodes rows = kernel.ReserveCodes(1, prepared.Weights)!;
        rows.Fill(prepared.Codes, 0, 1);
        ArgumentException thrown = Assert.Throws<ArgumentException>(() =>
        {
            ActivationCodes source = new() { Codes = other.ActivationCodes, Stride = other.Stride, Scales = other.ActivationScales, Prepared = rows };
            kernel.Multiply(source, other.Weights, 0, 4, new float[4]);
        });
        Assert.Equal("source", thrown.ParamName);
        Assert.Contains("pieces of 32 columns", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("pieces of 128", thrown.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<ProductCase> Products(WeightFormat format) =>
        new[] { (1, 700, 32), (1, 640, 32), (1, 640, 64), (1, 640, 128), (1, 1024, 256), (2, 640, 640), (5, 640, 64), (5, 700, 700), (3, 300, 17) }
            .Select(shape => new ProductCase(format, shape.Item1, 21, shape.Item2, shape.Item3, 4, 5));

    private static IEnumerable<int> Bits(float[] values) => values.Select(BitConverter.SingleToInt32Bits);
}
