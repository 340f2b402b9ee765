using OutlierQuant.Kernels.Devices;
using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests;

/// <summary>What a device does when its driver refuses, and how it counts memory.</summary>
public sealed class GpuDeviceTests
{
    public static TheoryData<string> Calls => [nameof(IGpuDriver.Allocate), nameof(IGpuDriver.Upload), nameof(IGpuDriver.Download), nameof(IGpuDriver.Copy), nameof(IGpuDriver.Kernel), nameof(IGpuDriver.Launch), nameof(IGpuDriver.Finish)];

    [Theory]
    [MemberData(nameof(Calls))]
    public void AnyCall_DriverFails_LosesTheDeviceForGood(string call)
    {
        FailingDriver driver = new();
        GpuDevice device = new(driver);
        using DeviceBuffer buffer = device.Allocate(8, "a buffer");
        driver.Fails = call;
        DeviceLostException lost = Assert.Throws<DeviceLostException>(() => DoEverything(device, buffer));
        Assert.Equal($"opencl:3 (Failing) failed at doing {call}: CODE (-5). What was on it is lost.", lost.Message);

        driver.Fails = null;
        int calls = driver.Calls.Count;
        Assert.Equal(lost.Message, Assert.Throws<DeviceLostException>(device.Finish).Message);
        Assert.Equal(lost.Message, Assert.Throws<DeviceLostException>(() => device.Allocate(8, "another")).Message);
        Assert.Equal(lost.Message, Assert.Throws<DeviceLostException>(() => device.Upload(new byte[8], buffer)).Message);
        Assert.Equal(lost.Message, Assert.Throws<DeviceLostException>(() => device.Download(buffer, 0, new byte[8])).Message);
        Assert.Equal(calls, driver.Calls.Count);
        device.Dispose();
        Assert.Equal("Dispose", driver.Calls[^1]);
    }

    [Fact]
    public void Launch_SourceDoesNotCompile_ThrowsWithTheLogAndKeepsTheDevice()
    {
        FailingDriver driver = new() { Fails = nameof(IGpuDriver.Build) };
        using GpuDevice device = new(driver);
        using DeviceBuffer buffer = device.Allocate(8, "a buffer");
        DeviceBuildException failed = Assert.Throws<DeviceBuildException>(() => AbsMax(device, buffer));
        Assert.Equal("opencl:3 (Failing) could not compile row_quantize.cl: 1:2: error: no such thing.", failed.Message);
        driver.Fails = null;
        AbsMax(device, buffer);
        Assert.Equal("Launch", driver.Calls.Last(call => call != "Release"));
    }

    [Theory]
    [InlineData((1 << 19) + 1, 0)]
    [InlineData(1 << 19, (1 << 19) + 1)]
    public void Allocate_MoreThanTheDeviceHas_ThrowsBeforeAskingTheDriver(int asked, int held)
    {
        FailingDriver driver = new();
        using GpuDevice device = new(driver);
        using DeviceBuffer first = device.Allocate(held / 2, "first"), second = device.Allocate(held - (held / 2), "second");
        DeviceMemoryException thrown = Assert.Throws<DeviceMemoryException>(() => device.Allocate(asked, "the logits"));
        Assert.Equal((asked, held), (thrown.BytesAsked, thrown.BytesInUse));
        Assert.Equal(2, driver.Calls.Count(call => call == "Allocate"));
        device.Finish();
    }

    [Theory]
    [InlineData(nameof(IGpuDriver.Allocate))]
    [InlineData(nameof(IGpuDriver.Launch))]
    public void AnyCall_DriverLacksMemory_SaysSoAndKeepsTheDevice(string call)
    {
        FailingDriver driver = new() { LacksMemory = true };
        using GpuDevice device = new(driver);
        using DeviceBuffer buffer = device.Allocate(8, "a buffer");
        driver.Fails = call;
        DeviceMemoryException thrown = Assert.Throws<DeviceMemoryException>(() => DoEverything(device, buffer));
        Assert.StartsWith("opencl:3 (Failing) has no room for ", thrown.Message, StringComparison.Ordinal);
        driver.Fails = null;
        DoEverything(device, buffer);
    }

    [Fact]
    public void BytesInUse_BuffersComeAndGo_IsTheirSum()
    {
        FailingDriver driver = new();
        using GpuDevice device = new(driver);
        DeviceBuffer first = device.Allocate(100, "first"), second = device.Allocate(0, "nothing"), third = device.Allocate(28, "third");
        Assert.Equal(128, device.BytesInUse);
        first.Dispose();
        first.Dispose();
        Assert.Equal(28, device.BytesInUse);
        second.Dispose();
        third.Dispose();
        Assert.Equal(0, device.BytesInUse);
        Assert.Equal(3, driver.Calls.Count(call => call == "Release"));
        Assert.Throws<ObjectDisposedException>(() => device.Upload(new byte[1], third));
    }

    [Fact]
    public void AnyCall_BufferOfAnotherDevice_ThrowsNamingTheParameter()
    {
        using GpuDevice device = new(new FailingDriver()), other = new(new FailingDriver());
        using DeviceBuffer own = device.Allocate(8, "own"), foreign = other.Allocate(8, "foreign");
        Assert.Equal("destination", Refused(() => device.Upload(new byte[8], foreign)));
        Assert.Equal("source", Refused(() => device.Download(foreign, 0, new byte[8])));
        Assert.Equal("destination", Refused(() => device.Copy(own, 0, foreign, 0, 8)));
        Assert.Equal("source", Refused(() => device.Copy(foreign, 0, own, 0, 8)));
        Assert.Equal("destination", Refused(() => device.Upload(new byte[8], own, 1)));
        Assert.Equal("destinationOffset", Refused(() => device.Copy(own, 0, own, 3, 4)));
    }

    private static void DoEverything(GpuDevice device, DeviceBuffer buffer)
    {
        using DeviceBuffer another = device.Allocate(8, "another");
        device.Upload(new byte[8], buffer);
        device.Copy(buffer, 0, another, 0, 8);
        AbsMax(device, buffer);
        device.Finish();
        device.Download(buffer, 0, new byte[8]);
    }

    private static void AbsMax(GpuDevice device, DeviceBuffer source)
    {
        using DeviceChannels none = device.Products.UploadChannels([], 2);
        using DeviceBuffer absMax = device.Allocate(4, "the largest value");
        device.Products.AbsMax(source, 1, none, absMax);
    }

    private static string? Refused(Action action) => Assert.ThrowsAny<ArgumentException>(action).ParamName;
}
