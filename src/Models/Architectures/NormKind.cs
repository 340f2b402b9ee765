namespace OutlierQuant.Models.Architectures;

/// <summary>How an architecture normalizes the residual stream.</summary>
internal enum NormKind
{
    /// <summary>Root mean square, with a gain.</summary>
    RootMeanSquare,

    /// <summary>Mean and variance, with a gain and a bias.</summary>
    Layer,
}
