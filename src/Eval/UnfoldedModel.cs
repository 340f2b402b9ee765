using OutlierQuant.Models;

namespace OutlierQuant.Eval;

/// <summary>Studies of tokens need every token in the stream.</summary>
internal static class UnfoldedModel
{
    /// <summary>Throws if a model is folded.</summary>
    /// <param name="model">The model.</param>
    /// <param name="study">Who needs it unfolded, for example <c>a trace</c>.</param>
    /// <exception cref="ArgumentException">The model is folded.</exception>
    public static void Require(TransformerModel model, string study)
    {
        if (model.Fold is not null)
        {
            throw new ArgumentException($"{model.Directory} is folded, and {study} needs every token in the stream; give the checkpoint that it was made from.");
        }
    }
}
