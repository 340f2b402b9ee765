using OutlierQuant.Models;

namespace OutlierQuant.Eval.Scoring;

/// <summary>The full-precision model's final hidden states at the tokens that are scored.</summary>
/// <remarks>Logits are computed from them again for every arm: they take the vocabulary's size over the hidden size more memory.</remarks>
/// <param name="model">The full-precision model.</param>
/// <param name="windows">Number of windows.</param>
internal sealed class Baseline(TransformerModel model, int windows)
{
    /// <summary>Gets the full-precision model.</summary>
    public TransformerModel Model => model;

    /// <summary>Gets the hidden states after the final norm that predict each window's targets. Shape <c>[windows][targets, hiddenSize]</c>.</summary>
    public float[][] Hidden { get; } = new float[windows][];
}
