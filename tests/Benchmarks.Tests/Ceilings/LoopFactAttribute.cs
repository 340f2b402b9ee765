using OutlierQuant.Benchmarks.Ceilings;
using Xunit;

namespace OutlierQuant.Benchmarks.Tests.Ceilings;

/// <summary>A test of the loop over an instruction, skipped where this process cannot run it.</summary>
public sealed class LoopFactAttribute : FactAttribute
{
    public LoopFactAttribute(string instruction) =>
        Skip = CeilingLoops.Arithmetic().Any(loop => loop.Instruction == instruction) ? null : $"{instruction} does not run here";
}
