using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Tests.CodeProduct;
using Xunit;

namespace OutlierQuant.Kernels.Ilgpu.Tests;

/// <summary>The kernels for tensor cores on a simulated warp of 32 lanes, where lanes shuffle their fragments and multiply for themselves.</summary>
public sealed class TensorTests
{
    [Theory]
    [InlineData(WeightFormat.Int8, 3, 9, 70, 70, 1)]
    [InlineData(WeightFormat.Int8, 65, 67, 130, 32, 0)]
    [InlineData(WeightFormat.Int4, 35, 70, 200, 64, 3)]
    [InlineData(WeightFormat.Ternary, 17, 5, 300, 128, 2)]
    public void Multiply_Codes_StaysWithinToleranceOfReference(WeightFormat format, int tokens, int rows, int columns, int groupSize, int preserved)
    {
        using IlgpuDevice device = IlgpuDevice.Simulate(32, 4, new IlgpuRoutes(MostRowTokens: 1, TensorCores: true));
        ICodeProductKernel kernel = DeviceSuite.Of(device).CodeProduct;
        ProductCase product = new(format, tokens, rows, columns, groupSize, preserved, 31);
        Assert.EndsWith("ilgpu mma", kernel.Describe(product.Weights, integerActivations: true, tokens), StringComparison.Ordinal);
        product.AssertNearReference(kernel, onCodes: true);
    }
}
