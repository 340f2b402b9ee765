using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Gpu.OpenCL;
using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests.OpenCL;

public sealed class OpenCLDevicesTests
{
    [Fact]
    public void Find_AnyMachine_GivesDevicesOrReasons()
    {
        DeviceSearch search = OpenCLDevices.Find();
        Assert.NotEqual(0, search.Found.Count + search.Rejected.Count);
        Assert.Equal(search.Found.Select((_, i) => $"opencl:{i}"), search.Found.Select(device => device.Id));
        Assert.All(search.Rejected, rejection => Assert.NotEmpty(rejection.Reason));
        Assert.All(search.Rejected, rejection => Assert.DoesNotContain('\n', rejection.Reason));
        Assert.All(search.Found, device => Assert.True(device.MemoryBytes >= device.LargestBufferBytes && device.LargestBufferBytes > 0));
    }

    [Fact]
    public void Search_NoLibrary_GivesOneReasonThatNamesWhatWasTried()
    {
        OpenCLSearch search = new(["libNoSuchOpenCL.so.1", "NoSuchOpenCL.dll"]);
        Assert.Empty(search.Usable);
        Assert.Equal([new DeviceRejection("opencl", "driver", "no library: tried libNoSuchOpenCL.so.1, NoSuchOpenCL.dll")], search.Rejected);
    }

    [Fact]
    public void Open_NoSuchDevice_ThrowsSayingWhatThereIs()
    {
        ArgumentOutOfRangeException thrown = Assert.Throws<ArgumentOutOfRangeException>(() => OpenCLDevices.Open(1000));
        Assert.Equal("index", thrown.ParamName);
        Assert.Contains("OpenCL has ", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-5, "CL_OUT_OF_RESOURCES (-5)")]
    [InlineData(-9999, "OpenCL error -9999")]
    public void InWords_AnyCode_HasItsNumber(int code, string words) => Assert.Equal(words, OpenCLError.InWords(code));

    [DeviceFact]
    public void Build_SourceWithAnError_ThrowsWithTheCompilersLog()
    {
        using OpenCLDriver driver = OpenDriver();
        DeviceBuildException thrown = Assert.Throws<DeviceBuildException>(() => driver.Build("broken.cl", "kernel void broken(global int* x) { x[0] = no_such_name; }"));
        Assert.StartsWith("opencl:0 (", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("could not compile broken.cl: ", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("no_such_name", thrown.Log, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', thrown.Message);
    }

    [DeviceFact]
    public void Kernel_NoSuchName_ThrowsWithTheCodeInWords()
    {
        using OpenCLDriver driver = OpenDriver();
        nint program = driver.Build("empty.cl", "kernel void there(global int* x) { x[0] = 1; }");
        GpuDriverException thrown = Assert.Throws<GpuDriverException>(() => driver.Kernel(program, "not_there"));
        Assert.Equal("CL_INVALID_KERNEL_NAME (-46)", thrown.Code);
    }

    [DeviceFact]
    public void Allocate_MoreThanTheDriverGives_IsALackOfMemory()
    {
        using OpenCLDriver driver = OpenDriver();
        Assert.True(Assert.Throws<GpuDriverException>(() => driver.Allocate(long.MaxValue / 2)).IsOutOfMemory);
        using IDevice device = OpenCLDevices.Open();
        DeviceMemoryException thrown = Assert.Throws<DeviceMemoryException>(() => device.Allocate(device.Description.LargestBufferBytes + 1, "too much"));
        Assert.Contains("no room for too much", thrown.Message, StringComparison.Ordinal);
        using DeviceBuffer small = device.Allocate(1024, "little");
        device.Finish();
    }

    [DeviceFact]
    public void Copy_Buffers_MovesTheBytesInOrder()
    {
        using IDevice device = OpenCLDevices.Open();
        using DeviceBuffer first = device.Allocate(8, "first"), second = device.Allocate(8, "second");
        device.Upload([1, 2, 3, 4, 5, 6, 7, 8], first);
        device.Copy(first, 0, second, 0, 8);
        device.Copy(first, 1, second, 4, 3);
        device.Upload([9], first, 7);
        device.Copy(first, 6, first, 0, 2);
        byte[] fetched = new byte[8], tail = new byte[2];
        device.Download(second, 0, fetched);
        device.Download(first, 0, tail);
        Assert.Equal([1, 2, 3, 4, 2, 3, 4, 8], fetched);
        Assert.Equal([7, 9], tail);
    }

    private static OpenCLDriver OpenDriver() => new(new OpenCLSearch(GpuLibraries.NamesOf(GpuLibraries.OpenCL)).Usable[0].Handle, 0);
}
