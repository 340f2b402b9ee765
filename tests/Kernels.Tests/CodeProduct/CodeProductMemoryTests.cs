using OutlierQuant.Kernels.CodeProduct;
using Xunit;

namespace OutlierQuant.Kernels.Tests.CodeProduct;

/// <summary>What the kernels touch: nothing beside their spans, and any address.</summary>
public sealed class CodeProductMemoryTests
{
    public static TheoryData<string, WeightFormat, bool> Cases => CodeProductTests.Cases;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_SpansBesideGuardPages_TouchesNothingElse(string kernel, WeightFormat format, bool onCodes)
    {
        foreach (bool guardAtEnd in new[] { true, false })
        {
            foreach ((int tokens, int columns, int groupSize) in new[] { (1, 37, 37), (1, 130, 32), (2, 97, 64), (3, 513, 513), (1, 64, 7), (1, 512, 32), (2, 640, 96), (1, 512, 128), (3, 512, 512) })
            {
                ProductCase product = new(format, tokens, 5, columns, groupSize, 2, 21);
                float[] expected = product.Multiply(ProductKernels.Named(kernel), onCodes);
                using GuardedBuffer<byte> packed = GuardedBuffer<byte>.Copy(product.Packed, guardAtEnd);
                using GuardedBuffer<float> scales = GuardedBuffer<float>.Copy(product.Scales, guardAtEnd);
                using GuardedBuffer<float> preservedColumns = GuardedBuffer<float>.Copy(product.PreservedColumns, guardAtEnd);
                using GuardedBuffer<sbyte> codes = GuardedBuffer<sbyte>.Copy(product.ActivationCodes, guardAtEnd);
                using GuardedBuffer<float> activations = GuardedBuffer<float>.Copy(product.Activations, guardAtEnd);
                using GuardedBuffer<float> destination = GuardedBuffer<float>.Copy(new float[expected.Length], guardAtEnd);
                PackedWeights weights = new()
                {
                    Format = format,
                    Rows = 5,
                    Columns = columns,
                    GroupSize = groupSize,
                    Codes = packed.Span,
                    Scales = scales.Span,
                    PreservedChannels = product.PreservedChannels,
                    PreservedColumns = preservedColumns.Span,
                };
                if (onCodes)
                {
                    ActivationCodes source = new() { Codes = codes.Span, Stride = product.Stride, Scales = product.ActivationScales, Preserved = product.PreservedActivations };
                    ProductKernels.Named(kernel).Multiply(source, weights, 0, 5, destination.Span);
                }
                else
                {
                    ProductKernels.Named(kernel).Multiply(activations.Span, tokens, weights, 0, 5, destination.Span);
                }

                Assert.Equal(expected, destination.Span.ToArray());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Multiply_UnalignedSpansBetweenCanaries_GivesTheSameBitsAndKeepsTheCanaries(string kernel, WeightFormat format, bool onCodes)
    {
        const float Canary = -98765.5f;
        foreach ((int tokens, int columns, int groupSize) in new[] { (1, 161, 32), (1, 200, 200), (3, 161, 64), (4, 200, 200), (1, 640, 32), (2, 640, 160) })
        {
            ProductCase product = new(format, tokens, 6, columns, groupSize, 1, 22);
            float[] expected = product.Multiply(ProductKernels.Named(kernel), onCodes);
            float[] destination = [.. Enumerable.Repeat(Canary, expected.Length + 16)];
            float[] activations = [0, .. product.Activations], scales = [0, 0, 0, .. product.Scales];
            byte[] packed = [0, .. product.Packed];
            sbyte[] codes = [0, 0, 0, .. product.ActivationCodes];
            PackedWeights weights = new()
            {
                Format = format,
                Rows = 6,
                Columns = columns,
                GroupSize = groupSize,
                Codes = packed.AsSpan(1),
                Scales = scales.AsSpan(3),
                PreservedChannels = product.PreservedChannels,
                PreservedColumns = product.PreservedColumns,
            };
            Span<float> products = destination.AsSpan(8, expected.Length);
            if (onCodes)
            {
                ActivationCodes source = new() { Codes = codes.AsSpan(3), Stride = product.Stride, Scales = product.ActivationScales, Preserved = product.PreservedActivations };
                ProductKernels.Named(kernel).Multiply(source, weights, 0, 6, products);
            }
            else
            {
                ProductKernels.Named(kernel).Multiply(activations.AsSpan(1), tokens, weights, 0, 6, products);
            }

            Assert.Equal(expected, products.ToArray());
            Assert.All(destination[..8].Concat(destination[^8..]), value => Assert.Equal(Canary, value));
        }
    }
}
