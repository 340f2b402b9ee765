using OutlierQuant.Calibration.Detectors;
using OutlierQuant.Calibration.Statistics;
using OutlierQuant.Models;

namespace OutlierQuant.Calibration.Gathering;

/// <summary>Gathers what the profile says about one linear input.</summary>
/// <param name="input">The linears that read it.</param>
/// <param name="prefixQuantRatio">Threshold of <c>prefixquant</c>, used at down projections.</param>
internal sealed class InputAccumulator(SharedInput input, double prefixQuantRatio)
{
    private RunningMoments _ratios;

    /// <summary>The linears that read the input.</summary>
    public SharedInput Input => input;

    /// <summary>Whether the outlier tokens and the largest token are kept: at a down projection.</summary>
    public bool IsDownProjection => input.First.Role == LinearRole.Down;

    /// <summary>Per-channel and per-token statistics so far.</summary>
    public TensorAccumulator Tensor { get; } = new($"input of {input.First.Name}", input.First.InFeatures);

    /// <summary>The <c>qfem</c> score so far.</summary>
    public double QfemScore => _ratios.Mean;

    /// <summary>The largest token absmax beside its window's median so far.</summary>
    public double MaxRatio { get; private set; }

    /// <summary>How often each (token, class) was an outlier token so far.</summary>
    public Dictionary<(int TokenId, TokenClass TokenClass), int> OutlierTokens { get; } = [];

    /// <summary>The token with the largest magnitude so far; null before the first window.</summary>
    public LargestToken? Largest { get; private set; }

    /// <summary>Takes one window.</summary>
    /// <param name="values">The input. Shape <c>[tokens, inFeatures]</c>.</param>
    /// <param name="tokens">The tokens. Shape <c>[tokens]</c>.</param>
    /// <param name="classes">Their classes. Shape <c>[tokens]</c>.</param>
    /// <param name="window">Index of the window.</param>
    /// <param name="medianOf">Scratch of the caller.</param>
    /// <param name="firstPosition">Position of row 0 in its sequence.</param>
    public void Add(ReadOnlySpan<float> values, ReadOnlySpan<int> tokens, ReadOnlySpan<TokenClass> classes, int window, AbsoluteMedian medianOf, int firstPosition = 0)
    {
        float[] absMax = Tensor.Add(values, window, classes[0] == TokenClass.Bos, firstPosition);
        double median = medianOf.Of(absMax);
        int largest = SuperWeightDetector.Spike(absMax);
        double ratio = QfemDetector.SequenceRatio(absMax[largest], median);
        _ratios.Add(ratio);
        if (!IsDownProjection)
        {
            return;
        }

        MaxRatio = Math.Max(MaxRatio, ratio);
        foreach (int position in PrefixQuantDetector.OutlierTokens(absMax, median, prefixQuantRatio))
        {
            (int, TokenClass) key = (tokens[position], classes[position]);
            OutlierTokens[key] = OutlierTokens.GetValueOrDefault(key) + 1;
        }

        if (Largest is null || absMax[largest] > Largest.AbsMax)
        {
            int width = input.First.InFeatures;
            Largest = new LargestToken(absMax[largest], values.Slice(largest * width, width).ToArray(), tokens[largest], firstPosition + largest);
        }
    }
}
