using OutlierQuant.Calibration.Coordinates;
using OutlierQuant.Calibration.Detectors;
using OutlierQuant.Calibration.Statistics;

namespace OutlierQuant.Calibration.Gathering;

/// <summary>Gathers what the profile says about one block's output.</summary>
/// <param name="block">Index of the block.</param>
/// <param name="hiddenSize">Width of the residual stream.</param>
/// <param name="options">Thresholds of <c>sun2024</c>.</param>
internal sealed class BlockAccumulator(int block, int hiddenSize, DetectorOptions options)
{
    private RunningMoments _medians;

    /// <summary>Per-channel and per-token statistics so far.</summary>
    public TensorAccumulator Tensor { get; } = new($"output of block {block}", hiddenSize);

    /// <summary>Tallies of the coordinates so far.</summary>
    public CoordinateTable Coordinates { get; } = new(hiddenSize);

    /// <summary>Mean over the windows of the window's median magnitude.</summary>
    public double Median => _medians.Mean;

    /// <summary>Takes one window.</summary>
    /// <param name="values">The block's output. Shape <c>[tokens, hiddenSize]</c>.</param>
    /// <param name="tokens">The tokens. Shape <c>[tokens]</c>.</param>
    /// <param name="classes">Their classes. Shape <c>[tokens]</c>.</param>
    /// <param name="window">Index of the window.</param>
    /// <param name="isSecondHalf">Which half of the text the window belongs to.</param>
    /// <param name="medianOf">Scratch of the caller.</param>
    /// <param name="firstPosition">Position of row 0 in its sequence.</param>
    public void Add(ReadOnlySpan<float> values, ReadOnlySpan<int> tokens, ReadOnlySpan<TokenClass> classes, int window, bool isSecondHalf, AbsoluteMedian medianOf, int firstPosition = 0)
    {
        Tensor.Add(values, window, classes[0] == TokenClass.Bos, firstPosition);
        double median = medianOf.Of(values);
        _medians.Add(median);
        double threshold = MassiveActivationDetector.Threshold(median, options.MinMagnitude, options.MinRatio);
        Coordinates.Add(values, tokens, classes, window, isSecondHalf, threshold, firstPosition);
    }
}
