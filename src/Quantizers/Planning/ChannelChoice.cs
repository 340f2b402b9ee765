using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Quantizers.Rounding;

namespace OutlierQuant.Quantizers.Planning;

/// <summary>The channels that a plan preserves, clips or replaces at one place, and the largest magnitude of the others.</summary>
/// <param name="Channels">The channels, sorted.</param>
/// <param name="AbsMaxElsewhere">Largest magnitude in the calibration set outside them.</param>
internal sealed record ChannelChoice(IReadOnlyList<ChannelPlan> Channels, float AbsMaxElsewhere)
{
    /// <summary>Chooses the profile's suggestions, or the N channels of largest absmax, the lower index first among equals.</summary>
    /// <param name="statistics">What each channel held.</param>
    /// <param name="suggested">What the profile suggests.</param>
    /// <param name="options">What the user asked for.</param>
    public static ChannelChoice Of(ChannelStatistics statistics, IReadOnlyList<SuggestedChannel> suggested, QuantizationOptions options)
    {
        Preservation preserve = options.Preserve.WithoutFold();
        IEnumerable<SuggestedChannel> chosen = (preserve, options.Channels) switch
        {
            (Preservation.None, _) => [],
            (_, null) => suggested,
            (_, int count) => statistics.ByAbsMax().Take(count).Select((channel, rank) => new SuggestedChannel(
                channel, FormattableString.Invariant($"number {rank + 1} by absmax ({statistics.AbsMax[channel]:G4}) of the {count} asked for"))),
        };
        ChannelPlan[] channels = [.. chosen.Select(choice => ToPlan(choice, statistics, preserve)).OrderBy(plan => plan.Channel)];
        HashSet<int> indexes = [.. channels.Select(plan => plan.Channel)];
        float absMax = 0;
        for (int channel = 0; channel < statistics.Count; channel++)
        {
            if (!indexes.Contains(channel))
            {
                absMax = Math.Max(absMax, statistics.AbsMax[channel]);
            }
        }

        return new ChannelChoice(channels, absMax);
    }

    /// <summary>Computes the static step between codes: <see cref="AbsMaxElsewhere"/> / qMax, or 1 where that is not a normal number.</summary>
    /// <param name="bits">Width of a code.</param>
    public float StaticScale(int bits) => ScaleRule.OneIfSubnormal(AbsMaxElsewhere / ((1 << (bits - 1)) - 1));

    /// <summary>Says in a clause what becomes of the channels.</summary>
    /// <param name="preserve">What is kept.</param>
    public string Describe(Preservation preserve) => (preserve.WithoutFold(), Channels.Count) switch
    {
        (Preservation.None, _) => "every channel is rounded",
        (_, 0) => "no channel stands out, so every channel is rounded",
        (Preservation.Channels, int count) => $"{Counted(count)} in float",
        (Preservation.Clip, int count) => $"{Counted(count)} left to saturate at the scale of the others",
        (_, int count) => $"{Counted(count)} replaced by their means",
    };

    private static string Counted(int count) => count == 1 ? "1 channel is" : $"{count} channels are";

    private static ChannelPlan ToPlan(SuggestedChannel choice, ChannelStatistics statistics, Preservation preserve)
    {
        if (preserve != Preservation.Mean)
        {
            return new ChannelPlan(choice.Channel, choice.Reason, null, null);
        }

        float elsewhere = statistics.MeanElsewhere[choice.Channel];
        float atSink = statistics.MeanAtSink.Count == 0 ? elsewhere : statistics.MeanAtSink[choice.Channel]; // no window began with BOS
        return new ChannelPlan(choice.Channel, choice.Reason, atSink, elsewhere);
    }
}
