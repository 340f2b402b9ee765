using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.FloatMatmul.Lanes;
using OutlierQuant.Kernels.TiledProduct.BF16;
using OutlierQuant.Kernels.Tests.FloatMatmul;
using Xunit;

namespace OutlierQuant.Kernels.Tests.TiledProduct;

/// <summary>The f32-accurate mode: errors against binary64 beside those of a product in binary32.</summary>
public sealed class BF16AccuracyTests
{
    private const int Tokens = 72, Rows = 32;

    [VectorTheory]
    [InlineData("random")]
    [InlineData("heavy-tailed")]
    [InlineData("cancelling")]
    [InlineData("positive")]
    public void Multiply_ThreeParts_ErrNoMoreThanBinary32(string kind)
    {
        foreach (int columns in (int[])[896, 2048])
        {
            foreach (FloatType type in Enum.GetValues<FloatType>())
            {
                FloatMatmulCase product = Case(kind, type, columns);
                double plain = product.RootMeanSquareError(product.Multiply(new FloatMatmulLanes<Lanes512, Vector512<float>>()));
                double tiles = product.RootMeanSquareError(product.Multiply(Kernel(FloatPrecision.F32)));
                Assert.True(tiles <= plain, $"{kind}, {type}, {columns} columns: {tiles:g3} of the sum of magnitudes, where binary32 errs by {plain:g3}.");
            }
        }
    }

    [VectorTheory]
    [InlineData("random")]
    [InlineData("heavy-tailed")]
    [InlineData("cancelling")]
    public void Multiply_OnePart_StaysWithinTheToleranceOfBF16(string kind)
    {
        foreach (FloatType type in Enum.GetValues<FloatType>())
        {
            FloatMatmulCase product = Case(kind, type, 896);
            float[] products = product.Multiply(Kernel(FloatPrecision.BF16));
            product.AssertClose(products, FloatPrecision.BF16);

            // Rounding has taken place: otherwise the precision would have had no effect.
            Assert.True(product.RootMeanSquareError(products) > 1e-6);
        }
    }

    private static FloatMatmulTiles Kernel(FloatPrecision precision) =>
        new(new BF16Product(new TwinTileKernel()), new FloatMatmulLanes<Lanes512, Vector512<float>>(), precision, fromRows: 0);

    private static FloatMatmulCase Case(string kind, FloatType type, int columns)
    {
        FloatMatmulCase product = FloatMatmulCase.Random(columns, type, false, Tokens, Rows, columns);
        Random random = new(columns);
        for (int i = 0; i < product.Source.Length; i++)
        {
            int column = i % columns;
            ref float value = ref product.Source[i];
            value = kind switch
            {
                "positive" => MathF.Abs(value),

                // A massive activation, a large one, and the rest spread over several orders of magnitude.
                "heavy-tailed" => column == 41 ? 1e5f * (1 + value) : column == 206 ? -3e4f : value * MathF.Exp(4 * random.NextSingle()),

                // The second of two neighbours takes back nearly all of the first.
                "cancelling" when column % 2 == 1 => -product.Source[i - 1] * (1 + (1e-4f * random.NextSingle())),
                _ => value,
            };
        }

        for (int i = 0; i < Rows * columns && kind is "cancelling" or "positive"; i++)
        {
            float weight = random.NextSingle() + 0.1f;
            product.SetWeight(i / columns, i % columns, weight);
            if (kind == "cancelling")
            {
                product.SetWeight(i / columns, (i ^ 1) % columns, weight * (1 + (1e-4f * random.NextSingle())));
                i++;
            }
        }

        return product;
    }
}
