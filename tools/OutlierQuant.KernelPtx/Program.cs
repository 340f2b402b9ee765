using OutlierQuant.Kernels.Gpu;
using OutlierQuant.Kernels.Gpu.Cuda;

// Writes the PTX that src/Kernels.Gpu embeds. Run it after any change of src/Kernels.Gpu/Source; it needs NVRTC (Debian: libnvrtc11.2), but no GPU.
const string Usage = "usage: dotnet run --project tools/OutlierQuant.KernelPtx -- src/Kernels.Gpu/Cuda/Ptx/kernels.ptx.br";

if (args.Length != 1)
{
    Console.Error.WriteLine(Usage);
    return 2;
}

if (NvrtcCompiler.Version is not string version)
{
    Console.Error.WriteLine($"There is no NVRTC: tried {string.Join(", ", GpuLibraries.NamesOf(GpuLibraries.Nvrtc))}.");
    return 1;
}

try
{
    using MemoryStream archive = new();
    EmbeddedPtx.Write(archive);
    File.WriteAllBytes(args[0], archive.ToArray());
    Console.WriteLine($"{args[0]}: {EmbeddedPtx.Programs.Count()} programs for {EmbeddedPtx.Architecture} by {version}, {archive.Length / 1024} KiB");
    return 0;
}
catch (NvrtcException failed)
{
    Console.Error.WriteLine(failed.Message);
    return 1;
}
catch (IOException failed)
{
    Console.Error.WriteLine($"{args[0]} could not be written: {failed.Message}");
    return 1;
}
