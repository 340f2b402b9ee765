using OutlierQuant.Calibration;

namespace OutlierQuant.Eval.Interventions;

/// <summary>The block and the coordinates that a study acts on.</summary>
/// <param name="Block">The block, from 0.</param>
/// <param name="IsMassive">Whether the coordinates pass the profile's detector.</param>
/// <param name="Reason">How they were chosen, in one sentence.</param>
/// <param name="Coordinates">The coordinates.</param>
internal sealed record InterventionTarget(int Block, bool IsMassive, string Reason, IReadOnlyList<InterventionCoordinate> Coordinates)
{
    /// <summary>Chooses from the options, and otherwise from the profile.</summary>
    /// <exception cref="ArgumentException">The block or a channel does not exist, or the profile has no statistics for it.</exception>
    public static InterventionTarget Choose(CalibrationProfile profile, InterventionOptions options)
    {
        var onset = profile.Onset;
        var block = options.Block ?? onset.Block;
        if (block < 0 || block >= profile.Blocks.Count)
        {
            throw new ArgumentException($"Block {block} does not exist; the model has blocks 0 to {profile.Blocks.Count - 1}.");
        }

        if (options.Channels is null && block == onset.Block)
        {
            return onset.Coordinates.Count > 0
                ? new InterventionTarget(
                    block, onset.IsMassive, onset.Reason, [.. onset.Coordinates.Select(found => new InterventionCoordinate(found.Channel, found.TokenClass, found.Mean))])
                : throw new ArgumentException("The profile names no coordinate to intervene at; choose a block and channels.");
        }

        var statistics = profile.Blocks[block].Channels;
        if (statistics.MeanAtSink.Count == 0)
        {
            throw new ArgumentException("A block or channels were chosen, which means those of a leading BOS, but the profile was made without BOS; calibrate with BOS.");
        }

        var channels = options.Channels ?? [.. profile.Blocks[block].AtBos.Select(entry => entry.Channel)];
        CheckChannels(channels, statistics.Count);
        var reason = options.Channels is null ? $"block {block} was chosen; these are the strongest channels of BOS there" : $"block {block} and these channels of BOS were chosen";
        return new InterventionTarget(
            block, false, reason, [.. channels.Select(channel => new InterventionCoordinate(channel, TokenClass.Bos, statistics.MeanAtSink[channel]))]);
    }

    private static void CheckChannels(IReadOnlyList<int> channels, int count)
    {
        if (channels.Count == 0 || channels.Count > count / 2)
        {
            throw new ArgumentException($"{channels.Count} channels were chosen; choose 1 to {count / 2}, so that controls can take as many others.");
        }

        foreach (var channel in channels)
        {
            if (channel < 0 || channel >= count)
            {
                throw new ArgumentException($"Channel {channel} does not exist; the hidden size is {count}, so channels are 0 to {count - 1}.");
            }
        }

        if (channels.Distinct().Count() != channels.Count)
        {
            throw new ArgumentException($"The channels {string.Join(", ", channels)} name one twice; name each once.");
        }
    }
}
