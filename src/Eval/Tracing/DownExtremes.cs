namespace OutlierQuant.Eval.Tracing;

/// <summary>The largest input and output of one block's down projection over all tokens, and the block's largest output.</summary>
/// <remarks>Yu et al., "The Super Weight in Large Language Models", arXiv:2411.07191, section 3.1: where both spike in one block, their channels name one weight, (output channel, input channel).</remarks>
/// <param name="Block">The block, from 0.</param>
/// <param name="Input">The largest input of the down projection, signed.</param>
/// <param name="InputChannel">Its channel: the neuron.</param>
/// <param name="InputToken">The token that holds it.</param>
/// <param name="Output">The largest output of the down projection, signed.</param>
/// <param name="OutputChannel">Its channel.</param>
/// <param name="OutputToken">The token that holds it.</param>
/// <param name="Residual">The largest entry of the block's output, signed.</param>
/// <param name="ResidualChannel">Its channel.</param>
/// <param name="ResidualToken">The token that holds it.</param>
/// <param name="ResidualRatio">Its magnitude over the median of the block's output.</param>
public sealed record DownExtremes(
    int Block,
    float Input,
    int InputChannel,
    string InputToken,
    float Output,
    int OutputChannel,
    string OutputToken,
    float Residual,
    int ResidualChannel,
    string ResidualToken,
    double ResidualRatio);
