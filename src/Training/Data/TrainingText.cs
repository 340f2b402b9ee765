using System.Runtime.InteropServices;
using System.Security.Cryptography;
using OutlierQuant.Checkpoints.Tokenization;

namespace OutlierQuant.Training.Data;

/// <summary>A text as token ids. Documents are separated by NUL characters, and their tokens by EOS.</summary>
public sealed class TrainingText
{
    /// <summary>What separates documents.</summary>
    public const char DocumentEnd = '\0';

    private TrainingText(string name, int[] tokens, int documents) => (Name, Tokens, Documents) = (name, tokens, documents);

    /// <summary>Gets what the text is called.</summary>
    public string Name { get; }

    /// <summary>Gets the number of documents; 1 for a part of a text.</summary>
    public int Documents { get; }

    /// <summary>Gets the number of tokens.</summary>
    public int Count => Tokens.Length;

    /// <summary>Gets the SHA-256 of the token ids as little-endian 32-bit numbers.</summary>
    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<int>(Tokens)));

    internal int[] Tokens { get; }

    /// <summary>Gives the documents of a text.</summary>
    /// <param name="text">The text.</param>
    public static IReadOnlyList<string> Split(string text) => text.Split(DocumentEnd, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Encodes a text, one document after the other.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="text">The text.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="progress">Told the characters done and of all; null for silence.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="ArgumentException">There are several documents and the tokenizer has no EOS to put between them.</exception>
    public static TrainingText Encode(Tokenizer tokenizer, string text, string name, Action<long, long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(text);
        IReadOnlyList<string> documents = Split(text);
        if (documents.Count > 1 && tokenizer.EosTokenId is null)
        {
            throw new ArgumentException($"{name}: NUL characters separate {documents.Count} documents, but this tokenizer has no end-of-text token to put between them; remove the NUL characters.");
        }

        List<int> tokens = [];
        long done = 0;
        for (int i = 0; i < documents.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (i > 0)
            {
                tokens.Add(tokenizer.EosTokenId!.Value);
            }

            tokens.AddRange(tokenizer.Encode(documents[i]));
            progress?.Invoke(done += documents[i].Length, text.Length);
        }

        return new TrainingText(name, [.. tokens], documents.Count);
    }

    /// <summary>Cuts a tail off, to validate on.</summary>
    /// <param name="share">The tail's share of the tokens.</param>
    /// <param name="least">The fewest tokens of the tail, if the text has so many.</param>
    public (TrainingText Head, TrainingText Tail) CutTail(double share, int least)
    {
        int tail = Math.Min(Count, Math.Max((int)(share * Count), least));
        return (new(Name, Tokens[..^tail], Documents), new($"the tail of {Name}", Tokens[^tail..], 1));
    }
}
