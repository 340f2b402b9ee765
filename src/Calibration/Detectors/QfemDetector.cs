namespace OutlierQuant.Calibration.Detectors;

/// <summary><c>qfem</c>: a score for each module by how far its largest token stands above its median token.</summary>
/// <remarks>
/// <c>score(module) = mean over sequences of max(absMax) / median(absMax)</c>, the absmax of every token of the module's input.
/// Yang, Kim and Kim, "Mitigating Quantization Errors Due to Activation Spikes in GLU-Based LLMs", arXiv:2405.14428: modules above
/// a threshold keep their activations in float.
/// </remarks>
public static class QfemDetector
{
    /// <summary>Computes the ratio of one sequence, whose mean over sequences is the score.</summary>
    /// <param name="max">Largest token absmax of the sequence.</param>
    /// <param name="median">Median token absmax of the sequence.</param>
    public static double SequenceRatio(double max, double median) => Statistics.Ratio.Of(max, median);
}
