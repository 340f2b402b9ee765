using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Forecasting;

/// <summary>Errors of one tensor or linear under one scheme, over all windows.</summary>
internal sealed class ErrorTally
{
    /// <summary>Gets the errors of all entries.</summary>
    public SignalToNoise All { get; } = new();

    /// <summary>Gets the errors of the entries of a tensor's body, or of a linear's outputs at tokens other than a leading BOS.</summary>
    public SignalToNoise Part { get; } = new();

    /// <summary>Takes the entries of a tensor.</summary>
    /// <param name="exact">The entries. Shape <c>[any]</c>.</param>
    /// <param name="rounded">The rounded entries. As many.</param>
    /// <param name="bodyEnd">The largest magnitude of the body.</param>
    public void AddEntries(ReadOnlySpan<float> exact, ReadOnlySpan<float> rounded, float bodyEnd)
    {
        All.Add(exact, rounded);
        double signal = 0;
        double noise = 0;
        for (var i = 0; i < exact.Length; i++)
        {
            if (Math.Abs(exact[i]) <= bodyEnd)
            {
                double value = exact[i];
                signal += value * value;
                noise += (value - rounded[i]) * (value - rounded[i]);
            }
        }

        Part.Add(signal, noise);
    }

    /// <summary>Takes outputs of tokens.</summary>
    /// <param name="exact">Outputs. Shape <c>[tokens, outFeatures]</c>.</param>
    /// <param name="rounded">Outputs of the quantized linear. Shape <c>[tokens, outFeatures]</c>.</param>
    /// <param name="outFeatures">Output features.</param>
    /// <param name="sinkRow">The row of a leading BOS, or -1.</param>
    public void AddTokens(ReadOnlySpan<float> exact, ReadOnlySpan<float> rounded, int outFeatures, int sinkRow)
    {
        for (var row = 0; row < exact.Length / outFeatures; row++)
        {
            All.Add(exact.Slice(row * outFeatures, outFeatures), rounded.Slice(row * outFeatures, outFeatures));
            if (row != sinkRow)
            {
                Part.Add(exact.Slice(row * outFeatures, outFeatures), rounded.Slice(row * outFeatures, outFeatures));
            }
        }
    }
}
