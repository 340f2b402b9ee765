using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Ilgpu.Instructions;
using OutlierQuant.Kernels.Tests.CodeProduct;
using Xunit;

namespace OutlierQuant.Kernels.Ilgpu.Tests.Tensor;

/// <summary>The kernels for tensor cores on simulated warps of 32 lanes, where lanes shuffle their fragments and multiply for themselves.</summary>
/// <remarks>Few shapes: a group is 128 threads of the host, and takes a second.</remarks>
public sealed class TensorProductTests
{
    [Theory]
    [InlineData(WeightFormat.Int8, 3, 9, 70, 70, 1, true)]
    [InlineData(WeightFormat.Int8, 65, 3, 130, 32, 0, true)]
    [InlineData(WeightFormat.Int4, 35, 67, 200, 64, 3, true)]
    [InlineData(WeightFormat.Ternary, 17, 5, 300, 128, 2, true)]
    [InlineData(WeightFormat.Int8, 3, 9, 70, 70, 1, false)]
    [InlineData(WeightFormat.Int8, 65, 3, 130, 32, 0, false)]
    [InlineData(WeightFormat.Int4, 35, 67, 200, 64, 3, false)]
    [InlineData(WeightFormat.Ternary, 17, 5, 300, 96, 2, false)]
    public void Multiply_AnyShape_StaysWithinToleranceOfReference(WeightFormat format, int tokens, int rows, int columns, int groupSize, int preserved, bool onCodes)
    {
        using IlgpuDevice device = Simulate();
        ICodeProductKernel kernel = DeviceSuite.Of(device).CodeProduct;
        ProductCase product = new(format, tokens, rows, columns, groupSize, preserved, 31);
        Assert.EndsWith("ilgpu mma", kernel.Describe(product.Weights, onCodes, tokens), StringComparison.Ordinal);
        product.AssertNearReference(kernel, onCodes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Multiply_SomeRows_GivesTheirBitsAndLeavesTheOthers(bool onCodes)
    {
        using IlgpuDevice device = Simulate();
        ICodeProductKernel kernel = DeviceSuite.Of(device).CodeProduct;
        ProductCase product = new(WeightFormat.Int4, 2, 20, 64, 32, 1, 32);
        float[] whole = product.Multiply(kernel, onCodes), some = [.. Enumerable.Repeat(12345f, 40)];
        product.Multiply(kernel, onCodes, 5, 9, some);
        Assert.Equal(whole.Select((value, i) => i % 20 is >= 5 and < 14 ? value : 12345f), some);
    }

    [Fact]
    public void Multiply_MassiveActivation_KeepsTheSmallOnes()
    {
        // 10^5 times the others, and it meets code 0 in row 0. Part 0 of the small ones has few bits left of the type's range; part 1 has the rest.
        using IlgpuDevice device = Simulate();
        ProductCase product = new(WeightFormat.Int8, 2, 3, 128, 128, 0, 10);
        (product.Activations[100], product.Activations[228], product.WeightCodes[100]) = (500_000, -500_000, 0);
        product.Pack();
        product.AssertNearReference(DeviceSuite.Of(device).CodeProduct, onCodes: false, mayUseFixedPoint: false);
    }

    [Theory]
    [InlineData(1e-38f)]
    [InlineData(1e-30f)]
    [InlineData(1e30f)]
    public void Multiply_TinyOrHugeActivations_StayWithinTolerance(float factor)
    {
        using IlgpuDevice device = Simulate();
        ProductCase product = new(WeightFormat.Int4, 2, 3, 64, 64, 0, 11);
        for (int i = 0; i < product.Activations.Length; i++)
        {
            product.Activations[i] *= factor;
        }

        product.AssertNearReference(DeviceSuite.Of(device).CodeProduct, onCodes: false, mayUseFixedPoint: false);
    }

    [Fact]
    public void Multiply_InfinityAndNaN_ReachTheirTokensOnly()
    {
        using IlgpuDevice device = Simulate();
        ProductCase product = new(WeightFormat.Int8, 4, 2, 40, 40, 1, 12);
        int preserved = product.PreservedChannels[0], other = preserved == 7 ? 8 : 7;
        (product.WeightCodes[other], product.WeightCodes[40 + other]) = (3, -3);
        product.Pack();
        product.Activations[other] = float.PositiveInfinity;
        product.Activations[40 + other] = float.NaN;
        product.Activations[80 + preserved] = float.NegativeInfinity;
        (product.PreservedColumns[0], product.PreservedColumns[1]) = (1, -1);
        float[] products = product.Multiply(DeviceSuite.Of(device).CodeProduct, onCodes: false);
        Assert.Equal([float.PositiveInfinity, float.NegativeInfinity, float.NaN, float.NaN, float.NegativeInfinity, float.PositiveInfinity], products[..6]);
        Assert.All(products[6..], value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Describe_WhatTensorCoresDoNotTake_NamesNoneOfThem()
    {
        using IlgpuDevice device = Simulate();
        ICodeProductKernel kernel = DeviceSuite.Of(device).CodeProduct;
        Assert.Equal("int8×int4 ilgpu, short groups", kernel.Describe(new ProductCase(WeightFormat.Int4, 1, 1, 70, 33, 0, 1).Weights, integerActivations: true, 100));
        Assert.Equal("int8×int4 ilgpu", kernel.Describe(new ProductCase(WeightFormat.Int4, 1, 1, 70, 70, 0, 1).Weights, integerActivations: true, 1));
        Assert.Equal("float×int4 ilgpu", kernel.Describe(new ProductCase(WeightFormat.Int4, 1, 1, 70, 33, 0, 1).Weights, integerActivations: false, 100));
        Assert.Equal("float×f16 ilgpu", DeviceSuite.Of(device).FloatMatmul.Describe(FloatType.F16, 100));
    }

    private static IlgpuDevice Simulate() => IlgpuDevice.Simulate(TensorSums.Lanes, TensorSums.Warps, new IlgpuRoutes(MostRowTokens: 1, TensorCores: true));
}
