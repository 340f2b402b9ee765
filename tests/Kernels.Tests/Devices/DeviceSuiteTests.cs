using OutlierQuant.Kernels.Devices;
using OutlierQuant.Testing.Devices;
using OutlierQuant.Kernels.Tests.CodeProduct;
using Xunit;

namespace OutlierQuant.Kernels.Tests.Devices;

/// <summary>What surrounds a device, on one in the memory of the host. Its products are in the lists of every conformance test.</summary>
public sealed class DeviceSuiteTests
{
    [Fact]
    public void Of_Device_NamesIt()
    {
        KernelSuite suite = DeviceSuite.Of(new HostDevice());
        Assert.Equal("host:0", suite.Name);
        Assert.StartsWith("host:0: the tests' device", suite.Description, StringComparison.Ordinal);
        Assert.True(suite.IsAvailable);
        Assert.Equal("float×f16 host", suite.FloatMatmul.Describe(FloatType.F16, 1));
        Assert.Equal("int8×int4 host", suite.CodeProduct.Describe(new ProductCase(WeightFormat.Int4, 1, 2, 70, 32, 0, 1).Weights, integerActivations: true, 1));
    }

    [Fact]
    public void Multiply_AnyProduct_GivesAllMemoryBack()
    {
        HostDevice device = new();
        KernelSuite suite = DeviceSuite.Of(device);
        ProductCase product = new(WeightFormat.Int8, 3, 5, 70, 32, 2, 1);
        product.AssertNearReference(suite.CodeProduct, onCodes: true);
        product.AssertNearReference(suite.CodeProduct, onCodes: false);
        Assert.Equal(9f, suite.RowQuantize.AbsMax([1, -9, 100], [2]));
        Assert.Equal(0, device.BytesInUse);
    }

    [Fact]
    public void Upload_NoRoomForTheScales_ThrowsSayingWhatIsThereAndKeepsNothing()
    {
        // 3 rows of 64 bytes fit into 200; 9 scales of 4 bytes do not beside them.
        HostDevice device = new(memoryBytes: 200, largestBufferBytes: 200);
        ProductCase product = new(WeightFormat.Int4, 1, 3, 70, 32, 0, 1);
        DeviceMemoryException thrown = Assert.Throws<DeviceMemoryException>(() => device.Products.Upload(product.Weights, "mlp.up_proj"));
        Assert.Equal(0, device.BytesInUse);
        Assert.Equal((36, 192), (thrown.BytesAsked, thrown.BytesInUse));
        Assert.StartsWith("host:0 (the tests' device) has no room for scales of mlp.up_proj: ", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DeviceMemoryException_Message_HasAllSizes()
    {
        DeviceDescription device = new("opencl", 1, "Test", "1.0", 8L << 30, 2L << 30, []);
        DeviceMemoryException thrown = new(device, "the cache", 3L << 30, 1536L << 20);
        Assert.Equal("opencl:1 (Test) has no room for the cache: 3072 MiB asked, 1536 MiB in use here, 8192 MiB of memory, buffers of at most 2048 MiB.", thrown.Message);
    }

    [Fact]
    public void DeviceLostException_Message_NamesDeviceActionAndCode()
    {
        DeviceDescription device = new("opencl", 0, "Test", "1.0", 1, 1, []);
        Assert.Equal(
            "opencl:0 (Test) failed at waiting for the device: CL_OUT_OF_RESOURCES (-5). What was on it is lost.",
            new DeviceLostException(device, "waiting for the device", "CL_OUT_OF_RESOURCES (-5)").Message);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 9)]
    [InlineData(8, 1)]
    [InlineData(1, long.MaxValue)]
    public void CheckRange_OutsideTheBuffer_ThrowsNamingTheParameter(long offset, long length)
    {
        using DeviceBuffer buffer = new HostDevice().Allocate(8, "eight bytes");
        ArgumentException thrown = Assert.Throws<ArgumentException>(() => buffer.CheckRange(offset, length, "source"));
        Assert.Equal("source", thrown.ParamName);
        Assert.Contains("8 bytes for eight bytes", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Products_WrongShapes_ThrowNamingTheParameter()
    {
        using HostDevice device = new();
        IDeviceProducts products = device.Products;
        using DeviceCodeWeights weights = products.Upload(new ProductCase(WeightFormat.Int8, 2, 3, 70, 70, 1, 1).Weights, "weights");
        using DeviceActivationCodes codes = products.ReserveCodes(2, 70, 1), others = products.ReserveCodes(2, 70, 0);
        using DeviceBuffer source = device.Allocate(2 * 70 * 4, "source"), destination = device.Allocate(2 * 3 * 4, "destination"), small = device.Allocate(7, "small");
        using DeviceChannels one = products.UploadChannels([3], 70), none = products.UploadChannels([], 70);

        Assert.Equal("tokens", Refused(() => products.Multiply(codes, 3, weights, 0, 3, destination)));
        Assert.Equal("source", Refused(() => products.Multiply(others, 2, weights, 0, 3, destination)));
        Assert.Equal("firstRow", Refused(() => products.Multiply(codes, 2, weights, -1, 3, destination)));
        Assert.Equal("rowCount", Refused(() => products.Multiply(codes, 2, weights, 1, 3, destination)));
        Assert.Equal("destination", Refused(() => products.Multiply(codes, 2, weights, 0, 3, small)));
        Assert.Equal("destination", Refused(() => products.Multiply(codes, 2, weights, 0, 3, codes.Preserved)));
        Assert.Equal("source", Refused(() => products.Multiply(small, 2, weights, 0, 3, destination)));
        Assert.Equal("destination", Refused(() => products.Multiply(source, 2, weights, 0, 3, source)));
        Assert.Equal("tokens", Refused(() => products.Multiply(source, -1, weights, 0, 3, destination)));
        Assert.Equal("tokens", Refused(() => products.Quantize(source, 3, one, 127, codes)));
        Assert.Equal("qMax", Refused(() => products.Quantize(source, 2, one, 128, codes)));
        Assert.Equal("preserved", Refused(() => products.Quantize(source, 2, none, 127, codes)));
        Assert.Equal("source", Refused(() => products.Quantize(small, 2, one, 127, codes)));
        Assert.Equal("absMax", Refused(() => products.AbsMax(source, 2, one, small)));
        Assert.Equal("channels", Refused(() => products.UploadChannels([4, 4], 70).Dispose()));
    }

    private static string? Refused(Action action) => Assert.ThrowsAny<ArgumentException>(action).ParamName;
}
