using OutlierQuant.Kernels;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Tests;

/// <summary>Stands in for a linear and gives one number everywhere.</summary>
internal sealed class ConstantLinear(Linear original, float value)
    : Linear(original.Name, original.Block, original.Role, original.InFeatures, original.OutFeatures)
{
    public override long WeightByteSize => 0;

    public override string DescribeKernel(KernelSuite suite, int tokens) => "constant";

    public override void Forward(ReadOnlyMemory<float> input, int tokens, SequenceChunk chunk, Memory<float> output, ComputeContext context) => output.Span.Fill(value);
}
