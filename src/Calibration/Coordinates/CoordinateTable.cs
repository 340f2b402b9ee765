namespace OutlierQuant.Calibration.Coordinates;

/// <summary>Tallies of every coordinate (token class, channel) of one block's output.</summary>
/// <remarks>
/// Memory: about 140 bytes for each channel and token class that occurs, whatever the length of the text. The two halves of the
/// text have separate tallies, so that they can be compared.
/// </remarks>
internal sealed class CoordinateTable(int channels)
{
    private static readonly int Classes = Enum.GetValues<TokenClass>().Length;

    private readonly CoordinateTally[]?[,] _tallies = new CoordinateTally[]?[2, Classes];
    private readonly StrongestEntry[]?[] _strongest = new StrongestEntry[]?[Classes];

    /// <summary>Number of channels.</summary>
    public int Channels => channels;

    /// <summary>Takes one window.</summary>
    /// <param name="values">The block's output. Shape <c>[tokens, channels]</c>.</param>
    /// <param name="tokens">The tokens. Shape <c>[tokens]</c>.</param>
    /// <param name="classes">Their classes. Shape <c>[tokens]</c>.</param>
    /// <param name="window">Index of the window.</param>
    /// <param name="isSecondHalf">Which half of the text the window belongs to.</param>
    /// <param name="threshold">The magnitude that a massive entry of this window exceeds.</param>
    /// <param name="firstPosition">Position of row 0 in its sequence.</param>
    public void Add(ReadOnlySpan<float> values, ReadOnlySpan<int> tokens, ReadOnlySpan<TokenClass> classes, int window, bool isSecondHalf, double threshold, int firstPosition = 0)
    {
        int half = isSecondHalf ? 1 : 0;
        Span<float> best = new float[channels];
        Span<int> bestPosition = new int[channels];
        for (int tokenClass = 0; tokenClass < Classes; tokenClass++)
        {
            int first = classes.IndexOf((TokenClass)tokenClass);
            if (first < 0)
            {
                continue;
            }

            CoordinateTally[] tallies = _tallies[half, tokenClass] ??= new CoordinateTally[channels];
            StrongestEntry[] strongest = _strongest[tokenClass] ??= new StrongestEntry[channels];
            values.Slice(first * channels, channels).CopyTo(best);
            bestPosition.Fill(first);
            for (int position = first; position < tokens.Length; position++)
            {
                if (classes[position] == (TokenClass)tokenClass)
                {
                    TakeToken(values.Slice(position * channels, channels), position, best, bestPosition, tallies, threshold);
                }
            }

            for (int channel = 0; channel < channels; channel++)
            {
                tallies[channel].All.Add(best[channel]);
                if (Math.Abs(best[channel]) > threshold)
                {
                    tallies[channel].Massive.Add(best[channel]);
                }

                if (Math.Abs(best[channel]) > Math.Abs(strongest[channel].Value))
                {
                    strongest[channel] = new StrongestEntry(best[channel], window, firstPosition + bestPosition[channel], tokens[bestPosition[channel]]);
                }
            }
        }
    }

    /// <summary>Finds where a coordinate is strongest, or null when no token of the class occurred.</summary>
    public StrongestEntry? Strongest(TokenClass tokenClass, int channel) => _strongest[(int)tokenClass]?[channel];

    /// <summary>Reads the tally of a coordinate over the chosen part of the text.</summary>
    public CoordinateTally Tally(TokenClass tokenClass, int channel, TextPart part)
    {
        CoordinateTally first = part == TextPart.SecondHalf ? default : _tallies[0, (int)tokenClass]?[channel] ?? default;
        CoordinateTally second = part == TextPart.FirstHalf ? default : _tallies[1, (int)tokenClass]?[channel] ?? default;
        return first.Merge(second);
    }

    private static void TakeToken(
        ReadOnlySpan<float> row, int position, Span<float> best, Span<int> bestPosition, CoordinateTally[] tallies, double threshold)
    {
        for (int channel = 0; channel < row.Length; channel++)
        {
            float magnitude = Math.Abs(row[channel]);
            if (magnitude > Math.Abs(best[channel]))
            {
                best[channel] = row[channel];
                bestPosition[channel] = position;
            }

            if (magnitude > threshold)
            {
                tallies[channel].Entries++;
            }
        }
    }
}
