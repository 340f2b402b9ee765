namespace OutlierQuant.Eval.Tracing;

/// <summary>What one block does to one channel of the traced token: <c>after = before + attention + mlp</c>.</summary>
/// <param name="Block">The block, from 0.</param>
/// <param name="Before">The value that the block reads; for block 0 the embedding's.</param>
/// <param name="Attention">What its attention adds.</param>
/// <param name="Mlp">What its MLP adds.</param>
/// <param name="After">The value of its output.</param>
/// <param name="Neuron">The input channel of the down projection that adds most in the direction of what the block adds.</param>
/// <param name="NeuronInput">That neuron's value, the down projection's input.</param>
/// <param name="Weight">The weight between the neuron and the channel.</param>
/// <param name="IsLargestInput">Whether no other neuron of this token has a larger magnitude.</param>
public sealed record BlockStep(
    int Block, double Before, double Attention, double Mlp, double After, int Neuron, float NeuronInput, float Weight, bool IsLargestInput)
{
    /// <summary>Gets what the block adds: <c>attention + mlp</c>.</summary>
    public double Added => Attention + Mlp;

    /// <summary>Gets what the one weight adds: <c>weight · neuronInput</c>.</summary>
    public double Contribution => (double)Weight * NeuronInput;

    /// <summary>Gets the share of <see cref="Added"/> that the one weight makes; null where the block adds nothing.</summary>
    public double? ContributionShare => Added == 0 ? null : Contribution / Added;
}
