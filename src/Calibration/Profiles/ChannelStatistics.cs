using System.Text.Json.Serialization;

namespace OutlierQuant.Calibration.Profiles;

/// <summary>What each channel of an observed tensor held over all tokens of the calibration set.</summary>
/// <param name="AbsMax">Largest absolute value. Shape <c>[channels]</c>.</param>
/// <param name="Mean">Arithmetic mean. Shape <c>[channels]</c>.</param>
/// <param name="MeanSquare">Mean of the squares. Shape <c>[channels]</c>.</param>
/// <param name="MeanAtSink">Mean over the windows' beginning-of-sequence tokens; empty when none was prepended. Shape <c>[channels]</c> or <c>[0]</c>.</param>
/// <param name="MeanElsewhere">Mean over all other tokens. Shape <c>[channels]</c>.</param>
public sealed record ChannelStatistics(
    IReadOnlyList<float> AbsMax,
    IReadOnlyList<float> Mean,
    IReadOnlyList<float> MeanSquare,
    IReadOnlyList<float> MeanAtSink,
    IReadOnlyList<float> MeanElsewhere)
{
    /// <summary>Number of channels.</summary>
    [JsonIgnore]
    public int Count => AbsMax.Count;

    /// <summary>Lists the channels by falling <see cref="AbsMax"/>, the lower index first among equals. Shape <c>[channels]</c>.</summary>
    public int[] ByAbsMax()
    {
        int[] channels = [.. Enumerable.Range(0, Count)];
        Array.Sort(channels, (left, right) =>
        {
            int order = AbsMax[right].CompareTo(AbsMax[left]);
            return order != 0 ? order : left.CompareTo(right);
        });
        return channels;
    }
}
