using OutlierQuant.Kernels.MachineCode;
using Xunit;

namespace OutlierQuant.Kernels.Tests.MachineCode;

/// <summary>A test that uses tile registers, skipped with the reason where they cannot be used.</summary>
public sealed class AmxFactAttribute : FactAttribute
{
    public AmxFactAttribute() => Skip = AmxPermission.RefusedBecause;
}
