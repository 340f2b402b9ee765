namespace OutlierQuant.Calibration.Folding;

/// <summary>How to fold a model.</summary>
public sealed record FoldOptions
{
    /// <summary>Gets which tokens are folded.</summary>
    public FoldPrefixChoice Prefix { get; init; } = FoldPrefixChoice.Bos;

    /// <summary>Gets the share of a head's mean value norm below which a constant value becomes 0 (<see cref="ValueDrop"/>); null keeps all. At least 0.</summary>
    public double? DropValuesBelow { get; init; }

    /// <summary>Gets whether the pairs of a longer prefix are merged into one for each head (<see cref="SlotMerge"/>).</summary>
    public bool Merge { get; init; }

    /// <summary>Gets whether the constants follow from the model and the prefix alone, so that they can be made again without a text.</summary>
    public bool NeedsNoText => !Prefix.IsAuto && DropValuesBelow is null && !Merge;

    /// <summary>Refuses options outside their ranges.</summary>
    /// <exception cref="ArgumentException">An option is out of range; the message names it and the range.</exception>
    public void Validate()
    {
        if (DropValuesBelow is double bound && !(bound >= 0 && double.IsFinite(bound)))
        {
            throw new ArgumentException($"The bound below which constant values are dropped is {bound}; it must be a number from 0 on.");
        }
    }
}
