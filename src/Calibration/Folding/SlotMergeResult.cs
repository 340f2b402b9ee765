using System.Text.Json.Serialization;

namespace OutlierQuant.Calibration.Folding;

/// <summary>What <see cref="SlotMerge"/> did.</summary>
/// <param name="Slots">Pairs of each head before; one after.</param>
/// <param name="Heads">The residuals of every head, in the order of blocks and heads.</param>
public sealed record SlotMergeResult(int Slots, IReadOnlyList<MergedHead> Heads)
{
    /// <summary>Gets the root mean square of the heads' <see cref="MergedHead.KeyResidual"/>, in nats.</summary>
    [JsonIgnore]
    public double KeyResidual => Math.Sqrt(Heads.Average(head => head.KeyResidual * head.KeyResidual));

    /// <summary>Gets the head with the largest <see cref="MergedHead.KeyResidual"/>.</summary>
    [JsonIgnore]
    public MergedHead Worst => Heads.MaxBy(head => head.KeyResidual)!;
}
