namespace OutlierQuant.Eval.Tracing;

/// <summary>How a spike comes and goes, by fixed rules over its value after the embedding and after every block.</summary>
/// <param name="Origin">Where it comes from.</param>
/// <param name="Peak">Its largest value, signed.</param>
/// <param name="PeakBlock">The block whose output holds the peak; −1 for the embedding.</param>
/// <param name="EmbeddingShare">The share of the peak that is there before block 0; below 0 with the other sign.</param>
/// <param name="BuildingBlocks">The blocks up to the peak that add at least a tenth of the peak, in order.</param>
/// <param name="FirstBlock">The step-up block of a step; otherwise the first of the building blocks, or block 0 where the embedding holds the spike. Tokens are looked up in its output.</param>
/// <param name="WriterBlock">From the first block to the peak, the block whose strongest single weight adds most; of a step the step-up block.</param>
/// <param name="StepDownBlock">The first block after the peak that takes at least half of it away; null where none does.</param>
/// <param name="LastShare">The share of the peak that the last block's output still holds.</param>
public sealed record SpikeShape(
    SpikeOrigin Origin, double Peak, int PeakBlock, double EmbeddingShare, IReadOnlyList<int> BuildingBlocks, int FirstBlock, int WriterBlock, int? StepDownBlock, double LastShare)
{
    /// <summary>The share of the peak that a step up, a step down, or the embedding has.</summary>
    internal const double Half = 0.5;

    private const double Tenth = 0.1;

    /// <summary>Applies the rules.</summary>
    /// <param name="steps">What each block does to the spike's channel at the traced token, in order.</param>
    internal static SpikeShape Of(IReadOnlyList<BlockStep> steps)
    {
        double[] values = [steps[0].Before, .. steps.Select(step => step.After)];
        var peakIndex = Array.IndexOf(values, values.MaxBy(Math.Abs));
        var peak = values[peakIndex];
        double[] shares = [.. values.Select(value => value / peak)];
        double[] added = [.. steps.Select((_, block) => shares[block + 1] - shares[block])];
        var up = Array.FindIndex(added, 0, peakIndex, share => share >= Half);
        var down = Array.FindIndex(added, peakIndex, share => share <= -Half);
        var building = Enumerable.Range(0, peakIndex).Where(block => added[block] >= Tenth).ToArray();
        var origin = shares[0] >= Half ? SpikeOrigin.Embedding : up >= 0 ? SpikeOrigin.Step : SpikeOrigin.Gradual;
        var first = origin switch
        {
            SpikeOrigin.Embedding => 0,
            SpikeOrigin.Step => up,
            _ => building.Length > 0 ? building[0] : Array.IndexOf(added, added[..peakIndex].Max()),
        };
        var writers = origin == SpikeOrigin.Step ? [steps[up]] : steps.Take(Math.Max(first + 1, peakIndex)).Skip(first);
        return new SpikeShape(
            origin, peak, peakIndex - 1, shares[0], building, first, writers.MaxBy(step => step.Contribution / peak)!.Block, down < 0 ? null : down, shares[^1]);
    }
}
