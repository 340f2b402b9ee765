using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization.Model;

/// <summary>Where a text that reaches the model uncut may be cut without changing its ids.</summary>
/// <remarks>
/// <para>A tokenizer in the style of Llama 2 gives the model the whole text as one word. A code point is a word start when no
/// merge joins it, at the start of the right part, to anything but itself: then no token reaches over the boundary before it, and the
/// merges on its two sides do not concern each other. For such tokenizers the space mark is one.</para>
/// <para>It must have a piece of its own, so that an unknown token is never held back across the cut.</para>
/// </remarks>
internal sealed class WordStarts
{
    private readonly HashSet<Rune> _starts = [];

    /// <summary>Finds the word starts of a list of merges.</summary>
    /// <param name="vocabulary">The pieces.</param>
    /// <param name="merges">Left and right part of each merge.</param>
    public WordStarts(Vocabulary vocabulary, IEnumerable<(string Left, string Right)> merges)
    {
        HashSet<Rune> joined = [];
        foreach ((string left, string right) in merges)
        {
            _ = Rune.DecodeLastFromUtf16(left, out Rune before, out _);
            _ = Rune.DecodeFromUtf16(right, out Rune after, out _);
            if (before != after)
            {
                joined.Add(after);
            }
        }

        foreach (string piece in vocabulary.ModelPieces.Keys)
        {
            if (Rune.DecodeFromUtf16(piece, out Rune rune, out int length) == System.Buffers.OperationStatus.Done
                && length == piece.Length && !joined.Contains(rune))
            {
                _starts.Add(rune);
            }
        }
    }

    /// <summary>The end of the word at the start of a text.</summary>
    public int EndOfWord(ReadOnlySpan<char> text)
    {
        int position = 0;
        Rune before = default;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (position > 0 && rune != before && _starts.Contains(rune))
            {
                return position;
            }

            before = rune;
            position += rune.Utf16SequenceLength;
        }

        return position;
    }
}
