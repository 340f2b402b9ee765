using System.Diagnostics.CodeAnalysis;

namespace OutlierQuant.Models.Linears;

/// <summary>Which activations share one scale.</summary>
public enum ActivationGranularity
{
    /// <summary>None: activations stay in float.</summary>
    [SuppressMessage("Naming", "CA1720", Justification = "'float' is what the glossary, the options and the files call it.")]
    Float,

    /// <summary>All, with a scale from calibration.</summary>
    TensorStatic,

    /// <summary>All tokens of one call (one window, or one decoding step), with a scale found at run time.</summary>
    Tensor,

    /// <summary>Those of one token, with a scale found at run time.</summary>
    Token,
}
