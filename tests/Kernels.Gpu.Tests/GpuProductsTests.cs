using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Gpu.OpenCL;
using OutlierQuant.Kernels.RowQuantize;
using OutlierQuant.Kernels.Tests.CodeProduct;
using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests;

/// <summary>What the conformance tests, which bring one product at a time to a device, do not show: several tokens rounded at once, buffers that stay, the choice of kernels.</summary>
public sealed class GpuProductsTests
{
    [DeviceFact]
    public void QuantizeAndMultiply_SeveralTokensOnTheDevice_EqualTheCpu()
    {
        // 20 tokens take tiles. The buffers have room for more, and hold something else there.
        const int Tokens = 20, Rows = 70, Columns = 300, Reserved = 23;
        ProductCase product = new(WeightFormat.Int4, Tokens, Rows, Columns, 64, 3, 5);
        RowQuantizeReference cpu = new();
        float[] absMax = [.. Enumerable.Range(0, Tokens).Select(t => cpu.AbsMax(product.Activations.AsSpan(t * Columns, Columns), product.PreservedChannels))];
        for (int t = 0; t < Tokens; t++)
        {
            product.ActivationScales[t] = absMax[t] / 127;
            cpu.Quantize(
                product.Activations.AsSpan(t * Columns, Columns),
                product.PreservedChannels,
                product.ActivationScales[t],
                127,
                product.ActivationCodes.AsSpan(t * product.Stride, product.Stride),
                product.PreservedActivations.AsSpan(t * 3, 3));
        }

        using IDevice device = OpenCLDevices.Open();
        IDeviceProducts products = device.Products;
        using DeviceCodeWeights weights = products.Upload(product.Weights, "weights");
        using DeviceActivationCodes codes = products.ReserveCodes(Reserved, Columns, 3);
        using DeviceBuffer source = Filled(device, Reserved * Columns), largest = Filled(device, Reserved), destination = Filled(device, Reserved * Rows);
        device.Upload(MemoryMarshal.AsBytes<float>(product.Activations), source);
        device.Upload(MemoryMarshal.AsBytes<float>(product.ActivationScales), codes.Scales);
        products.AbsMax(source, Tokens, weights.PreservedChannels, largest);
        products.Quantize(source, Tokens, weights.PreservedChannels, 127, codes);
        products.Multiply(codes, Tokens, weights, 0, Rows, destination);

        Assert.Equal(absMax, Fetched<float>(device, largest, Tokens));
        Assert.Equal(product.ActivationCodes, Fetched<sbyte>(device, codes.Codes, Tokens * product.Stride));
        Assert.Equal(product.PreservedActivations, Fetched<float>(device, codes.Preserved, Tokens * 3));
        float[] fetched = Fetched<float>(device, destination, Reserved * Rows), expected = product.Multiply(new CodeProductReference(), onCodes: true);
        Assert.All(expected.Zip(fetched), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-4 * expected.Max(Math.Abs)));
        Assert.All(fetched[(Tokens * Rows)..], value => Assert.Equal(-7f, value));
    }

    [DeviceFact]
    public void Multiply_SameTokenAmongOthers_HasTheSameBits()
    {
        // Token 2 of 40 is token 0 of another product of 33: another place in the tile, other neighbours.
        ProductCase product = new(WeightFormat.Int8, 40, 67, 200, 32, 1, 6);
        using IDevice device = OpenCLDevices.Open();
        ICodeProductKernel kernel = DeviceSuite.Of(device).CodeProduct;
        float[] whole = product.Multiply(kernel, onCodes: true), floats = product.Multiply(kernel, onCodes: false), part = new float[33 * 67];
        ActivationCodes codes = new()
        {
            Codes = product.ActivationCodes.AsSpan(2 * product.Stride, 33 * product.Stride),
            Stride = product.Stride,
            Scales = product.ActivationScales.AsSpan(2, 33),
            Preserved = product.PreservedActivations.AsSpan(2, 33),
        };
        kernel.Multiply(codes, product.Weights, 0, 67, part);
        Assert.Equal(whole[(2 * 67)..(35 * 67)], part);
        kernel.Multiply(product.Activations.AsSpan(2 * 200, 33 * 200), 33, product.Weights, 0, 67, part);
        Assert.Equal(floats[(2 * 67)..(35 * 67)], part);
    }

    [Theory]
    [InlineData(16, 32, "int8×int8 opencl rows", "float×int8 opencl rows", "float×bf16 opencl rows")]
    [InlineData(17, 32, "int8×int8 opencl tiles", "float×int8 opencl tiles", "float×bf16 opencl tiles")]
    [InlineData(17, 100, "int8×int8 opencl tiles", "float×int8 opencl tiles", "float×bf16 opencl tiles")]
    [InlineData(17, 33, "int8×int8 opencl rows", "float×int8 opencl tiles", "float×bf16 opencl tiles")]
    public void Describe_EachShape_NamesTheKernelThatRuns(int tokens, int groupSize, string codes, string floats, string floatWeights)
    {
        using GpuDevice device = new(new FailingDriver());
        PackedWeights weights = new ProductCase(WeightFormat.Int8, 1, 2, 100, groupSize, 0, 1).Weights;
        Assert.Equal(codes, device.Products.Describe(weights, integerActivations: true, tokens));
        Assert.Equal(floats, device.Products.Describe(weights, integerActivations: false, tokens));
        Assert.Equal(floatWeights, device.Products.Describe(FloatType.BF16, tokens));
    }

    private static DeviceBuffer Filled(IDevice device, int length)
    {
        DeviceBuffer buffer = device.Allocate(length * sizeof(float), "values");
        device.Upload(MemoryMarshal.AsBytes(Enumerable.Repeat(-7f, length).ToArray().AsSpan()), buffer);
        return buffer;
    }

    private static T[] Fetched<T>(IDevice device, DeviceBuffer buffer, int length)
        where T : unmanaged
    {
        T[] values = new T[length];
        device.Download(buffer, 0, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
