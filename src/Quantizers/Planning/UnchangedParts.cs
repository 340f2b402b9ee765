using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Quantizers.Planning;

/// <summary>Lists what a plan leaves as it is in the checkpoint.</summary>
internal static class UnchangedParts
{
    /// <summary>Lists the parts with their reasons.</summary>
    public static IReadOnlyList<UnchangedPart> List(TransformerModel model, QuantizationOptions options)
    {
        List<UnchangedPart> parts =
        [
            new("embeddings", "a table that is looked up, not multiplied"),
            new("norms", "too few values to matter for size, and each scales a whole channel"),
            new("biases", "too few values to matter for size, and added after the integer sum"),
        ];
        foreach (Linear linear in model.Linears)
        {
            if (linear.Role == LinearRole.Head && !options.IncludeHead)
            {
                parts.Add(new UnchangedPart(linear.Name, "the output head sets every logit and stays in float unless it is included by option"));
            }
            else if (options.Scheme.Weights is null)
            {
                parts.Add(new UnchangedPart(linear.Name, $"scheme {options.Scheme.Name} {(options.Scheme.ResidualBits is null ? "changes no weight" : "rounds the residual stream only")}"));
            }
        }

        return parts;
    }
}
