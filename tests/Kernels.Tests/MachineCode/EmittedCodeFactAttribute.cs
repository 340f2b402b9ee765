using OutlierQuant.Kernels.MachineCode;
using Xunit;

namespace OutlierQuant.Kernels.Tests.MachineCode;

/// <summary>A test that runs emitted machine code, skipped where none can be emitted.</summary>
public sealed class EmittedCodeFactAttribute : FactAttribute
{
    public EmittedCodeFactAttribute() => Skip = ExecutableMemory.UnavailableBecause;
}
