using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval;

/// <summary>Studies of weights need them as they were trained.</summary>
internal static class FloatModel
{
    /// <summary>Throws if weights or the residual stream of a model are rounded.</summary>
    /// <param name="model">The model.</param>
    /// <param name="study">Who needs it in float, for example <c>a trace</c>.</param>
    /// <exception cref="ArgumentException">They are, or a linear is of another kind.</exception>
    public static void Require(TransformerModel model, string study)
    {
        var other = model.Linears.FirstOrDefault(linear => linear is not FloatLinear);
        if (other is QuantizedLinear || model.Transforms.Count > 0)
        {
            throw new ArgumentException($"{model.Directory} is quantized; {study} reads float weights, so give the checkpoint that it was made from.");
        }

        if (other is not null)
        {
            throw new ArgumentException($"{model.Directory}: '{other.Name}' is not a float linear, and {study} reads float weights.");
        }
    }
}
