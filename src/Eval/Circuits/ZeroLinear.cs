using OutlierQuant.Kernels;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Circuits;

/// <summary>A linear that adds nothing, in the place of another.</summary>
/// <param name="replaced">The other.</param>
internal sealed class ZeroLinear(Linear replaced) : Linear(replaced.Name, replaced.Block, replaced.Role, replaced.InFeatures, replaced.OutFeatures)
{
    /// <inheritdoc/>
    public override long WeightByteSize => 0;

    /// <inheritdoc/>
    public override string DescribeKernel(KernelSuite suite, int tokens) => "zero";

    /// <inheritdoc/>
    public override void Forward(ReadOnlyMemory<float> input, int tokens, SequenceChunk chunk, Memory<float> output, ComputeContext context) => output.Span[..(tokens * OutFeatures)].Clear();
}
