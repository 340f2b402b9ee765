namespace OutlierQuant.Eval.Tracing;

/// <summary>One weight that makes at least half of what the step-up block adds to a channel.</summary>
/// <param name="Linear">The down projection.</param>
/// <param name="Row">The channel of the residual stream: the weight's output channel.</param>
/// <param name="Column">The neuron: its input channel.</param>
/// <param name="Weight">The weight.</param>
/// <param name="Input">The neuron's value at the traced token.</param>
/// <param name="Share">The share of what the block adds to the channel there.</param>
public sealed record SuperWeight(string Linear, int Row, int Column, float Weight, float Input, double Share);
