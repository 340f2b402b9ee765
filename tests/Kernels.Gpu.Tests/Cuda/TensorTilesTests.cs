using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;
using OutlierQuant.Kernels.Tests.CodeProduct;
using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda;

/// <summary>The PTX of the kernels for tensor cores, run lane by lane.</summary>
public sealed class TensorTilesTests
{
    // Shapes around tiles of 128 × 128, steps of 128 columns and pipelines of 3 steps; one scale a row, and groups that end within a step, with it, and across.
    [Theory]
    [InlineData(WeightFormat.Int8, 1, 1, 1, 1, 0)]
    [InlineData(WeightFormat.Int8, 130, 131, 520, 520, 17)]
    [InlineData(WeightFormat.Int8, 20, 130, 96, 96, 1)]
    [InlineData(WeightFormat.Int8, 17, 9, 300, 32, 3)]
    [InlineData(WeightFormat.Int8, 5, 140, 520, 192, 0)]
    [InlineData(WeightFormat.Int4, 129, 66, 500, 500, 2)]
    [InlineData(WeightFormat.Int4, 33, 129, 520, 128, 16)]
    [InlineData(WeightFormat.Int4, 7, 70, 70, 64, 1)]
    [InlineData(WeightFormat.Ternary, 40, 129, 700, 700, 5)]
    [InlineData(WeightFormat.Ternary, 129, 12, 400, 96, 0)]
    public void Multiply_AnyShape_HasTheBitsOfTheSharedTiles(WeightFormat format, int tokens, int rows, int columns, int groupSize, int preserved)
    {
        ProductCase product = new(format, tokens, rows, columns, groupSize, preserved, seed: 7);
        using GpuDevice forwards = new(new EmulatedDriver(backwards: false), tilesFromTokens: 1);
        using GpuDevice backwards = new(new EmulatedDriver(backwards: true), tilesFromTokens: 1);
        using GpuDevice shared = new(new EmulatedDriver(backwards: false), tilesFromTokens: 1, usesTensorCores: false);
        float[] expected = Multiply(shared, product);
        Assert.Equal(expected, Multiply(forwards, product));
        Assert.Equal(expected, Multiply(backwards, product));
    }

    // Rows from an odd one on, so that pairs of products lie at odd places; what is around them stays.
    [Theory]
    [InlineData(WeightFormat.Int8, 140, 3, 131)]
    [InlineData(WeightFormat.Int4, 140, 2, 128)]
    [InlineData(WeightFormat.Ternary, 141, 2, 130)]
    public void Multiply_SomeRows_HasTheSameBitsAndLeavesTheOthers(WeightFormat format, int rows, int firstRow, int rowCount)
    {
        ProductCase product = new(format, tokens: 9, rows, columns: 160, groupSize: 160, preserved: 2, seed: 8);
        using GpuDevice device = new(new EmulatedDriver(backwards: false), tilesFromTokens: 1);
        using DeviceCodeWeights weights = device.Products.Upload(product.Weights, "weights");
        using DeviceActivationCodes codes = device.Products.ReserveCodes(product.Tokens, product.Columns, 2);
        using DeviceBuffer products = device.Allocate(product.Tokens * rows * sizeof(float), "products");
        device.Upload(MemoryMarshal.AsBytes<sbyte>(product.ActivationCodes), codes.Codes);
        device.Upload(MemoryMarshal.AsBytes<float>(product.ActivationScales), codes.Scales);
        device.Upload(MemoryMarshal.AsBytes<float>(product.PreservedActivations), codes.Preserved);
        float[] untouched = [.. Enumerable.Repeat(-77f, product.Tokens * rows)], actual = new float[untouched.Length], all = Multiply(device, product);
        device.Upload(MemoryMarshal.AsBytes<float>(untouched), products);
        device.Products.Multiply(codes, product.Tokens, weights, firstRow, rowCount, products);
        device.Download(products, 0, MemoryMarshal.AsBytes(actual.AsSpan()));
        Assert.Equal(all.Select((value, i) => i % rows >= firstRow && i % rows < firstRow + rowCount ? value : -77), actual);
    }

    private static float[] Multiply(GpuDevice device, ProductCase product)
    {
        ICodeProductKernel kernel = DeviceSuite.Of(device).CodeProduct;
        float[] products = new float[product.Tokens * product.Rows];
        kernel.Multiply(product.Codes, product.Weights, 0, product.Rows, products);
        return products;
    }
}
