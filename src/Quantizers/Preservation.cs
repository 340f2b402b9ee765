namespace OutlierQuant.Quantizers;

/// <summary>What becomes of the outlier channels C of a linear's input, or of the residual stream, and whether the sink tokens leave it.</summary>
/// <remarks>
/// <para><see cref="Clip"/> and <see cref="Mean"/> are controls. <see cref="Clip"/> has the fine scale of <see cref="Channels"/> but loses the size of the outliers;
/// <see cref="Mean"/> has their usual size but not what varies. Beside <see cref="None"/> they separate the three ways in which an outlier can matter.</para>
/// <para>In every mode C is the same: the channels that <see cref="QuantizationOptions.Channels"/> asks for.</para>
/// </remarks>
public enum Preservation
{
    /// <summary>Nothing is kept: every channel is rounded, and the largest sets the scale.</summary>
    None,

    /// <summary>The inputs x[C] and the weight columns W[:, C] stay in float beside the codes, and no scale counts them.</summary>
    Channels,

    /// <summary>Nothing is kept, but activation scales do not count C, so x[C] saturates at ±qMax. Weights are as in <see cref="None"/>.</summary>
    Clip,

    /// <summary>x[C] is replaced by its mean over the calibration set, one for sink tokens and one for all others, and no scale counts C.</summary>
    Mean,

    /// <summary>The prefix that holds massive activations is folded into constant keys and values (<see cref="Models.Folding.Fold"/>); of the stream that is left nothing is kept.</summary>
    Fold,

    /// <summary>The prefix is folded, and of the stream that is left C is kept as in <see cref="Channels"/>.</summary>
    FoldChannels,
}
