using System.Globalization;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Calibration.Statistics;

namespace OutlierQuant.Calibration;

/// <summary>Decides which channels of a linear's input (or of a block's output) are outliers worth preserving.</summary>
/// <remarks>
/// <para>Channel <c>c</c> is suggested when <c>absMax[c] &gt; MinRatio · median(absMax)</c>, the median over the channels of that
/// input, strongest first, up to <c>max(1, floor(MaxShare · channels))</c> of them. Without such a channel the list is empty: a
/// linear that has no outliers preserves none.</para>
/// <para>The largest magnitude left in codes sets the scale of static and per-tensor activations, and a channel's own largest
/// magnitude does not fall when text is added; so the rule looks at magnitudes only and not at how often they occur.</para>
/// <para>The defaults were chosen on the bundled checkpoint with 4-bit activations of one static scale, whose perplexity is 11 times
/// the full-precision one when nothing is preserved: ratio 4 gives 2.8 times with 1.4 channels a linear on average, ratio 2 gives
/// 1.6 with 6.1; twice the largest share (1/16) gives 1.5 with 8.5.</para>
/// </remarks>
public sealed record PreservedChannelRule
{
    /// <summary>How many times the median channel's absmax a channel must exceed. At least 1.</summary>
    public double MinRatio { get; init; } = 2;

    /// <summary>The largest share of channels suggested. Above 0, at most 1.</summary>
    public double MaxShare { get; init; } = 1.0 / 32;

    /// <summary>Refuses settings outside their ranges.</summary>
    /// <exception cref="ArgumentException">A setting is out of range; the message names it and the range.</exception>
    public void Validate()
    {
        if (!(MinRatio >= 1 && double.IsFinite(MinRatio)))
        {
            throw new ArgumentException($"The preserved channels' minimum ratio is {MinRatio}; it must be a number of at least 1.");
        }

        if (!(MaxShare > 0 && MaxShare <= 1))
        {
            throw new ArgumentException($"The preserved channels' largest share is {MaxShare}; it must be above 0 and at most 1.");
        }
    }

    /// <summary>Applies the rule.</summary>
    /// <param name="channels">Statistics of the input or output in question.</param>
    /// <returns>The suggested channels, strongest first; empty when no channel is an outlier.</returns>
    public IReadOnlyList<SuggestedChannel> Suggest(ChannelStatistics channels)
    {
        double median = new AbsoluteMedian().Of([.. channels.AbsMax]);
        int most = Math.Max(1, (int)(MaxShare * channels.Count));
        return
        [
            .. channels.ByAbsMax()
                .Take(most)
                .TakeWhile(channel => channels.AbsMax[channel] > MinRatio * median)
                .Select(channel => new SuggestedChannel(channel, Reason(channels, channel, median))),
        ];
    }

    private string Reason(ChannelStatistics channels, int channel, double median)
    {
        float absMax = channels.AbsMax[channel];
        bool isOfSink = channels.MeanAtSink.Count > 0 && Math.Abs(channels.MeanAtSink[channel]) >= 0.99f * absMax;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"absmax {absMax:G4} is {Ratio.Of(absMax, median):F1} times the median channel's {median:G4} (rule: more than {MinRatio:G4}){(isOfSink ? "; it is the value at BOS" : "")}");
    }
}
