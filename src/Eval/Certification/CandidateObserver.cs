using OutlierQuant.Calibration;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Certification;

/// <summary>Finds the strongest candidates of position 0 at the target's block, over the windows of one source: the profile's rule at a block that is the same for every source.</summary>
/// <param name="block">The target's block.</param>
/// <param name="hiddenSize">Number of channels.</param>
internal sealed class CandidateObserver(int block, int hiddenSize) : IForwardObserver
{
    private readonly double[] _sums = new double[hiddenSize];

    /// <summary>Lists the channels whose mean over windows reaches a share of the strongest one's in magnitude; strongest first, of equal ones the lower first.</summary>
    /// <param name="options">The share, and the most candidates.</param>
    /// <param name="tokenClass">The class of position 0.</param>
    public IReadOnlyList<CoordinateName> Candidates(DetectorOptions options, TokenClass tokenClass)
    {
        var strongest = _sums.Max(Math.Abs);
        return
        [
            .. _sums.Index().Where(sum => sum.Item != 0 && Math.Abs(sum.Item) >= options.CandidateShare * strongest)
                .OrderByDescending(sum => Math.Abs(sum.Item)).ThenBy(sum => sum.Index).Take(options.MaxCandidates).Select(sum => new CoordinateName(sum.Index, tokenClass)),
        ];
    }

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point == new ObservationPoint(ObservationKind.BlockOutput, block);

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        for (var channel = 0; channel < hiddenSize; channel++)
        {
            _sums[channel] += values[channel];
        }
    }
}
