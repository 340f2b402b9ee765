using OutlierQuant.Calibration;
using OutlierQuant.Kernels;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Tracing;

/// <summary>A linear in which one input channel is a constant per token class: for one output row, or for all.</summary>
/// <remarks>
/// <para>The constant 0 sets a weight, or a whole column, to zero; the channel's mean leaves its mean contribution in place. The weights stay as they are in mapped memory.</para>
/// <para>A single row is summed in binary64 from left to right.</para>
/// </remarks>
/// <param name="inner">The linear.</param>
/// <param name="row">The output row; null for all.</param>
/// <param name="column">The input channel.</param>
/// <param name="constants">Its value at the tokens of each class. Shape <c>[classes]</c>.</param>
/// <param name="classifier">Gives tokens their class.</param>
internal sealed class ConstantInputLinear(FloatLinear inner, int? row, int column, double[] constants, TokenClassifier classifier)
    : Linear(inner.Name, inner.Block, inner.Role, inner.InFeatures, inner.OutFeatures)
{
    /// <inheritdoc/>
    public override long WeightByteSize => inner.WeightByteSize;

    /// <inheritdoc/>
    public override string DescribeKernel(KernelSuite suite, int tokens) => inner.DescribeKernel(suite, tokens);

    /// <inheritdoc/>
    public override void Forward(ReadOnlyMemory<float> input, int tokens, SequenceChunk chunk, Memory<float> output, ComputeContext context)
    {
        var classes = classifier.Classify(chunk);
        var changed = input.Span[..(tokens * InFeatures)].ToArray();
        for (var token = 0; token < tokens; token++)
        {
            changed[(token * InFeatures) + column] = (float)constants[(int)classes[token]];
        }

        if (row is not { } only)
        {
            inner.Forward(changed, tokens, chunk, output, context);
            return;
        }

        inner.Forward(input, tokens, chunk, output, context);
        var weights = new float[InFeatures];
        inner.ReadRow(only, weights);
        for (var token = 0; token < tokens; token++)
        {
            double sum = inner.Bias?[only] ?? 0;
            for (var channel = 0; channel < InFeatures; channel++)
            {
                sum += (double)weights[channel] * changed[(token * InFeatures) + channel];
            }

            output.Span[(token * OutFeatures) + only] = (float)sum;
        }
    }
}
