using System.Reflection;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Gpu.Cuda;
using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda;

public sealed class CudaDevicesTests
{
    [Fact]
    public void Find_AnyMachine_GivesDevicesOrReasons()
    {
        DeviceSearch search = CudaDevices.Find();
        Assert.NotEqual(0, search.Found.Count + search.Rejected.Count);
        Assert.Equal(search.Found.Select((_, i) => $"cuda:{i}"), search.Found.Select(device => device.Id));
        Assert.All(search.Rejected, rejection => Assert.Equal("cuda", rejection.Backend));
        Assert.All(search.Rejected, rejection => Assert.NotEmpty(rejection.Reason));
        Assert.All(search.Rejected, rejection => Assert.DoesNotContain('\n', rejection.Reason));
    }

    [Fact]
    public void Search_NoLibrary_GivesOneReasonThatNamesWhatWasTried()
    {
        CudaSearch search = new(["libNoSuchCuda.so.1", "NoSuchCuda.dll"]);
        Assert.Empty(search.Usable);
        Assert.Equal([new DeviceRejection("cuda", "driver", "no library: tried libNoSuchCuda.so.1, NoSuchCuda.dll")], search.Rejected);
    }

    [Fact]
    public void Open_NoSuchDevice_ThrowsSayingWhatThereIs()
    {
        ArgumentOutOfRangeException thrown = Assert.Throws<ArgumentOutOfRangeException>(() => CudaDevices.Open(1000));
        Assert.Equal("index", thrown.ParamName);
        Assert.Contains("CUDA has ", thrown.Message, StringComparison.Ordinal);
    }

    // A library without one of them would fail only when that function is first called, which may be in the middle of a model.
    [Theory]
    [InlineData(typeof(CudaApi), GpuLibraries.Cuda)]
    [InlineData(typeof(NvrtcApi), GpuLibraries.Nvrtc)]
    public void Library_WhereInstalled_HasEveryFunctionThatWeCall(Type api, string library)
    {
        MethodInfo[] functions = [.. api.GetMethods(BindingFlags.Static | BindingFlags.Public).Where(static method => method.GetCustomAttribute<LibraryImportAttribute>() is not null)];
        Assert.NotEmpty(functions);
        if (GpuLibraries.TryLoad(GpuLibraries.NamesOf(library), out nint handle))
        {
            Assert.All(functions, function => Assert.True(
                NativeLibrary.TryGetExport(handle, function.GetCustomAttribute<LibraryImportAttribute>()!.EntryPoint ?? function.Name, out _), $"{library} has no {function.Name}"));
        }
    }

    [CudaFact]
    public void InWords_KnownCode_HasItsNameAndNumber()
    {
        Assert.Equal("CUDA_ERROR_OUT_OF_MEMORY (2), out of memory", CudaError.InWords(2));
        Assert.Equal("CUDA error 123456", CudaError.InWords(123456));
    }

    [CudaFact]
    public void Build_SourceWithAnError_ThrowsWithTheCompilersLog()
    {
        using CudaDriver driver = OpenDriver();
        DeviceBuildException thrown = Assert.Throws<DeviceBuildException>(() => driver.Build("broken.cu", "extern \"C\" __global__ void broken(int* x) { x[0] = no_such_name; }"));
        Assert.StartsWith("cuda:0 (", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', thrown.Message);
    }

    [CudaFact]
    public void Kernel_NoSuchName_ThrowsWithTheCodeInWords()
    {
        using CudaDriver driver = OpenDriver();
        GpuProgram smallest = GpuProducts.SmallestProgram;
        nint program = driver.Build(smallest.Name, KernelSource.Of(smallest, driver.SourceHeader));
        Assert.StartsWith("CUDA_ERROR_NOT_FOUND (500)", Assert.Throws<GpuDriverException>(() => driver.Kernel(program, "not_there")).Code, StringComparison.Ordinal);
    }

    [CudaFact]
    public void Allocate_MoreThanTheDriverGives_IsALackOfMemory()
    {
        using CudaDriver driver = OpenDriver();
        Assert.True(Assert.Throws<GpuDriverException>(() => driver.Allocate(long.MaxValue / 2)).IsOutOfMemory);
    }

    [CudaFact]
    public void Copy_Buffers_MovesTheBytesInOrder()
    {
        using IDevice device = CudaDevices.Open();
        using DeviceBuffer first = device.Allocate(8, "first"), second = device.Allocate(8, "second");
        device.Upload([1, 2, 3, 4, 5, 6, 7, 8], first);
        device.Copy(first, 0, second, 0, 8);
        device.Copy(first, 1, second, 4, 3);
        byte[] fetched = new byte[8];
        device.Download(second, 0, fetched);
        Assert.Equal([1, 2, 3, 4, 2, 3, 4, 8], fetched);
    }

    private static CudaDriver OpenDriver() => new(new CudaSearch(GpuLibraries.NamesOf(GpuLibraries.Cuda)).Usable[0].Handle, 0);
}
