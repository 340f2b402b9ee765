using OutlierQuant.Models.Blocks;
using OutlierQuant.Models.Folding;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Loading;

/// <summary>Everything that a forward pass computes with.</summary>
/// <param name="Embedding">Tokens to hidden values.</param>
/// <param name="Blocks">The blocks in order.</param>
/// <param name="FinalNorm">The norm after the last block, or null.</param>
/// <param name="Head">Hidden values to logits.</param>
/// <param name="Fold">Constants before every sequence instead of those that the blocks have; null for none.</param>
/// <param name="ParameterCount">Weights, norms, biases and embeddings, quantized or not; a tied head counts once.</param>
internal sealed record ModelParts(Embedding Embedding, IReadOnlyList<TransformerBlock> Blocks, Norm? FinalNorm, Linear Head, Fold? Fold, long ParameterCount);
