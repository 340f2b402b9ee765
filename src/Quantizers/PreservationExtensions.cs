namespace OutlierQuant.Quantizers;

/// <summary>The two questions that a <see cref="Preservation"/> answers.</summary>
public static class PreservationExtensions
{
    /// <summary>Tells whether the prefix is folded.</summary>
    /// <param name="preserve">What is kept.</param>
    public static bool Folds(this Preservation preserve) => preserve is Preservation.Fold or Preservation.FoldChannels;

    /// <summary>Returns what becomes of the channels of the stream: the same preservation without the fold.</summary>
    /// <param name="preserve">What is kept.</param>
    public static Preservation WithoutFold(this Preservation preserve) => preserve switch
    {
        Preservation.Fold => Preservation.None,
        Preservation.FoldChannels => Preservation.Channels,
        _ => preserve,
    };
}
