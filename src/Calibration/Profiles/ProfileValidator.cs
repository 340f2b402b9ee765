using OutlierQuant.Calibration.Folding;
using OutlierQuant.Checkpoints;

namespace OutlierQuant.Calibration.Profiles;

/// <summary>Checks what the JSON types of a profile cannot say: sizes that must agree and indices that must exist.</summary>
internal sealed class ProfileValidator(string path, CalibrationProfile profile)
{
    /// <summary>Throws at the first contradiction.</summary>
    public void Validate()
    {
        Require(profile.Blocks.Count > 0, "$.blocks", "is empty; a model has at least one block");
        Require(profile.Text.Windows > 0, "$.text.windows", "is not positive; a profile is made from at least one window");
        Require(profile.Detector.Bos == profile.Text.Bos, "$.detector.bos", "differs from $.text.bos; both say whether a beginning-of-sequence token was prepended");
        RequireFold();
        int hiddenSize = profile.Blocks[0].Channels.Count;
        for (int block = 0; block < profile.Blocks.Count; block++)
        {
            BlockProfile entry = profile.Blocks[block];
            string place = $"$.blocks[{block}]";
            Require(entry.Block == block, $"{place}.block", $"is {entry.Block}; blocks are listed in order, so it must be {block}");
            Require(entry.Median >= 0, $"{place}.median", "is negative; a median magnitude is not");
            RequireChannels(entry.Channels, $"{place}.channels", hiddenSize);
            RequireMagnitudes(entry.Magnitudes, $"{place}.magnitudes");
            RequireSuggested(entry.Suggested, $"{place}.suggested", hiddenSize);
        }

        Require(profile.Onset.Block >= 0 && profile.Onset.Block < profile.Blocks.Count, "$.onset.block", $"is {profile.Onset.Block}; the profile has {profile.Blocks.Count} blocks");
        RequireCoordinates(profile.Onset.Coordinates, "$.onset.coordinates", hiddenSize);
        RequireCoordinates(profile.Massive, "$.massive", hiddenSize);
        RequireCoordinates(profile.Candidates, "$.candidates", hiddenSize);
        RequireInputs();
    }

    private void RequireFold()
    {
        if (profile.Fold is not { } fold)
        {
            return;
        }

        FoldDescription description = fold.Description;
        Require(description.Slots > 0, "$.fold.description.slots", $"is {description.Slots}; a fold has at least one");
        Require(description.DroppedValues >= 0, "$.fold.description.droppedValues", $"is {description.DroppedValues}; it is a count");
        Require(fold.Tokens.Count == description.Prefix.Count, "$.fold.tokens", $"has {fold.Tokens.Count} texts; {description.Prefix.Count} are needed, one for each token of the prefix");
        Require(
            (description.Prefix.Count == 0) == description.BosTokenId is null,
            "$.fold.description.bosTokenId",
            "does not agree with $.fold.description.prefix; a prefix has a token that stands for it, and no prefix has none");
        if (fold.Before is { } before)
        {
            Require(before.InputAbsMax.Count == profile.LinearInputs.Count, "$.fold.before.inputAbsMax", $"has {before.InputAbsMax.Count} values; {profile.LinearInputs.Count} are needed, one for each linear input");
            Require(before.BlockAbsMax.Count == profile.Blocks.Count, "$.fold.before.blockAbsMax", $"has {before.BlockAbsMax.Count} values; {profile.Blocks.Count} are needed, one for each block");
            Require(before.InputAbsMax.Concat(before.BlockAbsMax).All(value => value >= 0), "$.fold.before", "has a negative magnitude; a magnitude is not negative");
        }
    }

    private void RequireInputs()
    {
        HashSet<string> names = [];
        for (int i = 0; i < profile.LinearInputs.Count; i++)
        {
            LinearInputProfile input = profile.LinearInputs[i];
            string place = $"$.linearInputs[{i}]";
            Require(input.Linears.Count > 0, $"{place}.linears", "is empty; an input has at least one reader");
            Require(input.Linears.All(names.Add), $"{place}.linears", "names a linear that was named before; each linear has one input");
            RequireChannels(input.Channels, $"{place}.channels", input.Channels.Count);
            RequireMagnitudes(input.Magnitudes, $"{place}.magnitudes");
            RequireSuggested(input.Suggested, $"{place}.suggested", input.Channels.Count);
        }
    }

    private void RequireChannels(ChannelStatistics channels, string place, int count)
    {
        Require(count > 0 && channels.AbsMax.Count == count, $"{place}.absMax", $"has {channels.AbsMax.Count} values; {Math.Max(count, 1)} are needed");
        Require(channels.AbsMax.All(value => value >= 0), $"{place}.absMax", "has a negative value; a magnitude is not negative");
        Require(channels.Mean.Count == count, $"{place}.mean", $"has {channels.Mean.Count} values; {count} are needed");
        Require(channels.MeanSquare.Count == count, $"{place}.meanSquare", $"has {channels.MeanSquare.Count} values; {count} are needed");
        Require(channels.MeanElsewhere.Count == count, $"{place}.meanElsewhere", $"has {channels.MeanElsewhere.Count} values; {count} are needed");
        bool hasSink = profile.Text.Bos && profile.Fold is not { Description.Prefix.Count: > 0 };
        int atSink = hasSink ? count : 0;
        Require(channels.MeanAtSink.Count == atSink, $"{place}.meanAtSink", $"has {channels.MeanAtSink.Count} values; {atSink} are needed, because {(hasSink == profile.Text.Bos ? $"$.text.bos is {(hasSink ? "true" : "false")}" : "the prefix is folded")}");
    }

    private void RequireMagnitudes(MagnitudeQuantiles magnitudes, string place) => Require(
        magnitudes.Quantile50 >= 0 && magnitudes.Quantile50 <= magnitudes.Quantile99 && magnitudes.Quantile99 <= magnitudes.Quantile999 && magnitudes.Quantile999 <= magnitudes.Quantile100,
        place,
        "does not rise from 0 on; quantiles of magnitudes do");

    private void RequireSuggested(IReadOnlyList<SuggestedChannel> suggested, string place, int channels)
    {
        Require(suggested.All(entry => entry.Channel >= 0 && entry.Channel < channels), place, $"names a channel outside 0 to {channels - 1}");
        Require(suggested.DistinctBy(entry => entry.Channel).Count() == suggested.Count, place, "names a channel twice; channels are distinct");
    }

    private void RequireCoordinates(IReadOnlyList<CoordinateStatistics> coordinates, string place, int hiddenSize)
    {
        for (int i = 0; i < coordinates.Count; i++)
        {
            CoordinateStatistics entry = coordinates[i];
            Require(entry.Channel >= 0 && entry.Channel < hiddenSize, $"{place}[{i}].channel", $"is {entry.Channel}; channels go from 0 to {hiddenSize - 1}");
            Require(
                entry.FirstBlock >= 0 && entry.FirstBlock <= entry.LastBlock && entry.LastBlock < profile.Blocks.Count,
                $"{place}[{i}]",
                $"goes from block {entry.FirstBlock} to {entry.LastBlock}; blocks go from 0 to {profile.Blocks.Count - 1}");
            Require(
                entry.Block >= 0 && entry.Block < profile.Blocks.Count,
                $"{place}[{i}].block",
                $"is {entry.Block}; blocks go from 0 to {profile.Blocks.Count - 1}");
        }
    }

    private void Require(bool holds, string place, string problem)
    {
        if (!holds)
        {
            throw new CheckpointFormatException(path, 0, $"{place} {problem}");
        }
    }
}
