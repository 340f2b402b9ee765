namespace OutlierQuant.Kernels.Gpu;

/// <summary>Compiles programs when they are first used, and keeps their kernels.</summary>
internal sealed class GpuPrograms(IGpuDriver driver)
{
    private readonly Dictionary<GpuProgram, nint> _programs = [];
    private readonly Dictionary<(GpuProgram Program, string Kernel), nint> _kernels = [];

    public nint Kernel(GpuProgram program, string kernel)
    {
        if (!_kernels.TryGetValue((program, kernel), out nint handle))
        {
            if (!_programs.TryGetValue(program, out nint built))
            {
                _programs[program] = built = driver.Build(program.Name, KernelSource.Of(program, driver.SourceHeader));
            }

            _kernels[(program, kernel)] = handle = driver.Kernel(built, kernel);
        }

        return handle;
    }
}
