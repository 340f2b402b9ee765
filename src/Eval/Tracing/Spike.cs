using OutlierQuant.Calibration;

namespace OutlierQuant.Eval.Tracing;

/// <summary>The coordinate that is traced, and one token that holds it.</summary>
/// <param name="Channel">Its channel of the residual stream.</param>
/// <param name="TokenClass">The class of the tokens that hold it.</param>
/// <param name="OtherChannels">Channels of the profile's other onset coordinates at tokens of that class, strongest first.</param>
/// <param name="IsMassive">Whether it passes the detector of massive activations.</param>
/// <param name="Ratio">Its magnitude over the median of its block's output, where the profile found it.</param>
/// <param name="Window">Index of the window that is followed.</param>
/// <param name="Position">Position of the token there.</param>
/// <param name="Token">The token's text.</param>
public sealed record Spike(
    int Channel, TokenClass TokenClass, IReadOnlyList<int> OtherChannels, bool IsMassive, double Ratio, int Window, int Position, string Token)
{
    /// <summary>Gets the channel and the others. Not empty.</summary>
    internal int[] Channels => [Channel, .. OtherChannels];

    /// <summary>Chooses the strongest coordinate of the profile's onset, at a token that is known.</summary>
    internal static Spike Of(CalibrationProfile profile, Func<int, int, string> tokenAt)
    {
        var onset = profile.Onset;
        var top = profile.Blocks[onset.Block].Top;
        foreach (var coordinate in onset.Coordinates)
        {
            // A coordinate of position 0 is everywhere the same; others are followed at their strongest entry, which the profile lists if it is among the first.
            var entry = top.FirstOrDefault(entry => entry.Channel == coordinate.Channel && entry.TokenClass == coordinate.TokenClass);
            if (coordinate.TokenClass is TokenClass.Bos or TokenClass.First || entry is not null)
            {
                var (window, position) = entry is null ? (0, 0) : (entry.Window, entry.Position);
                return new Spike(
                    coordinate.Channel, coordinate.TokenClass, Others(coordinate.Channel, coordinate.TokenClass), onset.IsMassive, coordinate.Ratio, window, position, tokenAt(window, position));
            }
        }

        return new Spike(
            top[0].Channel, top[0].TokenClass, Others(top[0].Channel, top[0].TokenClass), onset.IsMassive, top[0].Ratio, top[0].Window, top[0].Position, tokenAt(top[0].Window, top[0].Position));

        int[] Others(int channel, TokenClass tokenClass) =>
            [.. onset.Coordinates.Where(other => other.TokenClass == tokenClass && other.Channel != channel).Select(other => other.Channel)];
    }
}
