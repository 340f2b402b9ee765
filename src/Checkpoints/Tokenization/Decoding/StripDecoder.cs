using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization.Decoding;

/// <summary>Removes a character from the ends of every piece.</summary>
/// <param name="content">The character.</param>
/// <param name="start">How many are removed at most at the start.</param>
/// <param name="stop">How many are removed at most at the end.</param>
internal sealed class StripDecoder(Rune content, int start, int stop) : IDecoderStep
{
    /// <inheritdoc/>
    public bool IsIncremental => stop == 0 && start <= StreamingDecoder.ContextLength;

    /// <inheritdoc/>
    public List<string> Decode(List<string> pieces) => [.. pieces.Select(Strip)];

    private string Strip(string piece)
    {
        string mark = content.ToString();
        ReadOnlySpan<char> rest = piece;
        for (int removed = 0; removed < start && rest.StartsWith(mark, StringComparison.Ordinal); removed++)
        {
            rest = rest[mark.Length..];
        }

        for (int removed = 0; removed < stop && rest.EndsWith(mark, StringComparison.Ordinal); removed++)
        {
            rest = rest[..^mark.Length];
        }

        return rest.ToString();
    }
}
