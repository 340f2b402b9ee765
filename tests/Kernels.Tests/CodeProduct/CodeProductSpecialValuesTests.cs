using OutlierQuant.Kernels.CodeProduct;
using Xunit;

namespace OutlierQuant.Kernels.Tests.CodeProduct;

/// <summary>Extremes, NaN, infinity, massive activations, zeros, nothing at all.</summary>
public sealed class CodeProductSpecialValuesTests
{
    public static TheoryData<string, WeightFormat, bool> Cases => CodeProductTests.Cases;

    [Theory]
    [InlineData(WeightFormat.Int8, 127)]
    [InlineData(WeightFormat.Int4, 7)]
    [InlineData(WeightFormat.Ternary, 1)]
    public void Multiply_ExtremeCodesOverALongRow_SumExactly(WeightFormat format, int qMax)
    {
        // 127 · 127 · 2^13 is near 2^27: far beyond what 16-bit sums hold, and beyond the integers that binary32 holds exactly.
        const int Columns = 8192;
        foreach (string kernel in ProductKernels.Names)
        {
            foreach (int tokens in new[] { 1, 2 })
            {
                ProductCase product = new(format, tokens, 4, Columns, Columns, 0, 3);
                product.Scales.AsSpan().Fill(1);
                product.ActivationScales.AsSpan().Fill(1);
                for (int i = 0; i < product.WeightCodes.Length; i++)
                {
                    // Row 0: all negative; row 1: all positive; row 2: alternating; row 3: one code apart from its neighbour.
                    int row = i / Columns;
                    product.WeightCodes[i] = (sbyte)(row switch { 0 => -qMax, 1 => qMax, 2 => i % 2 == 0 ? qMax : -qMax, _ => i % 2 == 0 ? qMax : qMax - 1 });
                }

                product.Pack();
                product.ActivationCodes.AsSpan().Fill(127);
                float expected = 127f * qMax * Columns;
                float[] products = product.Multiply(ProductKernels.Named(kernel), onCodes: true);
                float[] expectedRows = [-expected, expected, 0, 127f * (Columns / 2) * ((2 * qMax) - 1)];
                Assert.Equal([.. Enumerable.Repeat(expectedRows, tokens).SelectMany(rows => rows)], products);

                product.ActivationCodes.AsSpan().Fill(-127);
                products = product.Multiply(ProductKernels.Named(kernel), onCodes: true);
                Assert.Equal([.. Enumerable.Repeat(expectedRows, tokens).SelectMany(rows => rows).Select(value => -value)], products.Select(value => value + 0f));
            }
        }
    }

    [Theory]
    [InlineData(WeightFormat.Int4, 7, 32)]
    [InlineData(WeightFormat.Int4, 7, 96)]
    [InlineData(WeightFormat.Int4, 7, 128)]
    [InlineData(WeightFormat.Int4, 7, 1024)]
    [InlineData(WeightFormat.Int4, 7, 8192)]
    [InlineData(WeightFormat.Ternary, 1, 32)]
    [InlineData(WeightFormat.Ternary, 1, 128)]
    [InlineData(WeightFormat.Ternary, 1, 1024)]
    [InlineData(WeightFormat.Ternary, 1, 8192)]
    public void Multiply_ExtremeDigitsOfFixedPoint_DoNotOverflow(WeightFormat format, int qMax, int groupSize)
    {
        // All activations have the largest three digits, or the smallest, so that 16-bit sums of fields reach their extremes: 127, 63 and -127, or -128, -64 and 126.
        const int Columns = 8192;
        const float Positive = FixedPoint.Largest, Negative = -(126 * 32768) - (64 * 256) - 128;
        foreach (string kernel in ProductKernels.Names)
        {
            foreach (float activation in new[] { Positive, Negative })
            {
                ProductCase product = new(format, 2, 3, Columns, groupSize, 0, 4);
                product.Scales.AsSpan().Fill(1);
                for (int i = 0; i < product.WeightCodes.Length; i++)
                {
                    product.WeightCodes[i] = (sbyte)((i / Columns) switch { 0 => qMax, 1 => -qMax, _ => i % 2 == 0 ? qMax : 0 });
                }

                product.Pack();
                product.Activations.AsSpan().Fill(activation);
                product.AssertNearReference(ProductKernels.Named(kernel), onCodes: false);
            }
        }
    }

    [Theory]
    [InlineData(WeightFormat.Int8)]
    [InlineData(WeightFormat.Int4)]
    [InlineData(WeightFormat.Ternary)]
    public void Multiply_ZeroCodesOfActivations_GiveExactlyZero(WeightFormat format)
    {
        // Offsets that make operands unsigned must leave nothing behind, however the scales of the groups differ.
        foreach (string kernel in ProductKernels.Names)
        {
            foreach ((int tokens, int groupSize) in new[] { (1, 32), (1, 128), (3, 32), (3, 64), (3, 128), (4, 128), (3, 256) })
            {
                ProductCase product = new(format, tokens, 9, 600, groupSize, 0, 17);
                product.ActivationCodes.AsSpan().Clear();
                Assert.All(product.Multiply(ProductKernels.Named(kernel), onCodes: true), value => Assert.Equal(0f, value));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_PreservedInfinity_ReachesOnlyItsWeights(string kernel, WeightFormat format, bool onCodes)
    {
        // Channel 40 is infinite and preserved. Row 0 gives it weight 2, row 1 weight -1: no NaN from code 0 · infinity.
        foreach ((int tokens, int columns, int groupSize) in new[] { (1, 100, 100), (2, 100, 100), (1, 512, 512), (1, 512, 32) })
        {
            ProductCase product = new(format, tokens, 2, columns, groupSize, 1, 8);
            int channel = product.PreservedChannels[0];
            (product.PreservedColumns[0], product.PreservedColumns[1]) = (2, -1);
            (product.Activations[channel], product.PreservedActivations[0]) = (float.PositiveInfinity, float.PositiveInfinity);
            float[] products = product.Multiply(ProductKernels.Named(kernel), onCodes);
            Assert.Equal([float.PositiveInfinity, float.NegativeInfinity], products[..2]);
            Assert.All(products[2..], value => Assert.True(float.IsFinite(value)));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_NaN_ReachesEveryRowOfItsTokenOnly(string kernel, WeightFormat format, bool onCodes)
    {
        foreach (int column in new[] { 0, 45, 99 })
        {
            foreach ((int tokens, int columns, int groupSize) in new[] { (1, 100, 100), (2, 100, 100), (3, 100, 100), (1, 512, 512), (1, 512, 32), (3, 512, 64) })
            {
                ProductCase product = new(format, tokens, 5, columns, groupSize, 0, 9);
                product.Activations[column] = float.NaN;
                product.ActivationScales[0] = float.NaN;
                float[] products = product.Multiply(ProductKernels.Named(kernel), onCodes);
                Assert.All(products[..5], value => Assert.True(float.IsNaN(value)));
                Assert.All(products[5..], value => Assert.True(float.IsFinite(value)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_MassiveActivation_KeepsTheSmallOnes(string kernel, WeightFormat format, bool onCodes)
    {
        // The largest value is 10^5 times the others and meets code 0 in row 0: what is left there must be as exact as without it.
        foreach ((int tokens, int groupSize) in new[] { (1, 512), (2, 512), (1, 32), (2, 64) })
        {
            ProductCase product = new(format, tokens, 3, 512, groupSize, 0, 10);
            for (int t = 0; t < tokens; t++)
            {
                product.Activations[(t * 512) + 200] = 500_000;
            }

            product.WeightCodes[200] = 0;
            product.Pack();
            product.AssertNearReference(ProductKernels.Named(kernel), onCodes, mayUseFixedPoint: false);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_SomeOrMostTokensMassive_KeepsTheSmallOnesOfEach(string kernel, WeightFormat format, bool onCodes)
    {
        // Several tokens beside each other; those with one value 10^5 times the others may go another way than the rest.
        foreach (int massive in new[] { 1, 3, 30 })
        {
            ProductCase product = new(format, 37, 3, 512, 64, 1, 10);
            for (int t = 0; t < massive; t++)
            {
                product.Activations[(t * 512) + 200] = 500_000;
            }

            for (int r = 0; r < 3; r++)
            {
                product.WeightCodes[(r * 512) + 200] = 0;
            }

            product.Pack();
            product.AssertNearReference(ProductKernels.Named(kernel), onCodes);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_NoRowsOrNoColumns_GivesNothingOrZeros(string kernel, WeightFormat format, bool onCodes)
    {
        Assert.Empty(new ProductCase(format, 3, 0, 64, 32, 0, 11).Multiply(ProductKernels.Named(kernel), onCodes));
        Assert.Equal(new float[6], new ProductCase(format, 3, 2, 0, 1, 0, 11).Multiply(ProductKernels.Named(kernel), onCodes));
        Assert.Equal(new float[2], new ProductCase(format, 1, 2, 0, 1, 0, 11).Multiply(ProductKernels.Named(kernel), onCodes));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_AllCodesZero_GivesZeroExactly(string kernel, WeightFormat format, bool onCodes)
    {
        foreach ((int tokens, int groupSize) in new[] { (1, 128), (4, 128), (1, 32), (4, 32), (1, 96), (1, 512) })
        {
            ProductCase product = new(format, tokens, 3, 512, groupSize, 0, 12);
            product.WeightCodes.AsSpan().Clear();
            product.Pack();
            Assert.All(product.Multiply(ProductKernels.Named(kernel), onCodes), value => Assert.Equal(0f, value));
        }
    }
}
