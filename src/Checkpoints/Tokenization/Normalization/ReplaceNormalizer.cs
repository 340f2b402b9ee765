using System.Text;
using OutlierQuant.Checkpoints.Tokenization.Splitting;

namespace OutlierQuant.Checkpoints.Tokenization.Normalization;

/// <summary>Puts one text in place of every match of a pattern.</summary>
internal sealed class ReplaceNormalizer(IMatcher pattern, string content) : INormalizer
{
    /// <inheritdoc/>
    public string Normalize(string text)
    {
        List<Stretch> stretches = [];
        pattern.FindStretches(text, stretches);
        StringBuilder result = new(text.Length);
        foreach (Stretch stretch in stretches)
        {
            result.Append(stretch.IsMatch ? content : text.AsSpan(stretch.Start, stretch.End - stretch.Start));
        }

        return result.ToString();
    }

    /// <inheritdoc/>
    public bool KeepsStart(string text)
    {
        List<Stretch> stretches = [];
        pattern.FindStretches(text, stretches);
        return content.Length > 0 || stretches is not [{ IsMatch: true, End: > 0 }, ..];
    }
}
