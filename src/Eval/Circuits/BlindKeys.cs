using OutlierQuant.Kernels;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Circuits;

/// <summary>A projection whose keys do not read some channels; queries and values of the same matrix do.</summary>
/// <param name="inner">The projection.</param>
/// <param name="firstKey">The first row that is a key's.</param>
/// <param name="keys">Number of these rows.</param>
/// <param name="channels">The channels.</param>
internal sealed class BlindKeys(Linear inner, int firstKey, int keys, IReadOnlyList<int> channels) : Linear(inner.Name, inner.Block, inner.Role, inner.InFeatures, inner.OutFeatures)
{
    /// <inheritdoc/>
    public override long WeightByteSize => inner.WeightByteSize;

    /// <inheritdoc/>
    public override string DescribeKernel(KernelSuite suite, int tokens) => inner.DescribeKernel(suite, tokens);

    /// <inheritdoc/>
    public override void Forward(ReadOnlyMemory<float> input, int tokens, SequenceChunk chunk, Memory<float> output, ComputeContext context)
    {
        var blind = input.Span[..(tokens * InFeatures)].ToArray();
        for (var token = 0; token < tokens; token++)
        {
            foreach (var channel in channels)
            {
                blind[(token * InFeatures) + channel] = 0;
            }
        }

        if (keys == OutFeatures)
        {
            inner.Forward(blind, tokens, chunk, output, context);
            return;
        }

        var blindOutput = new float[tokens * OutFeatures];
        inner.Forward(blind, tokens, chunk, blindOutput, context);
        inner.Forward(input, tokens, chunk, output, context);
        for (var token = 0; token < tokens; token++)
        {
            var first = (token * OutFeatures) + firstKey;
            blindOutput.AsSpan(first, keys).CopyTo(output.Span.Slice(first, keys));
        }
    }
}
