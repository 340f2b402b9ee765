namespace OutlierQuant.Training.Data;

/// <summary>Windows that are measured on: those of the perplexity protocol <c>windows</c>, evenly spaced, every token scored that has one before it in its window.</summary>
internal sealed class ValidationSet
{
    private readonly List<Batch> _batches = [];

    /// <summary>Cuts a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="options">Context, BOS, number of windows, and the windows of a batch.</param>
    /// <param name="bosTokenId">BOS.</param>
    /// <exception cref="ArgumentException">The text is shorter than one window.</exception>
    public ValidationSet(TrainingText text, TrainingOptions options, int? bosTokenId)
    {
        int context = options.Shape.Context, ofText = context - (options.Bos ? 1 : 0), inText = text.Count / ofText;
        if (inText == 0)
        {
            throw new ArgumentException($"{text.Name}: the text has {text.Count} tokens, and one window to validate on needs {ofText}; give a longer text.");
        }

        Count = Math.Min(inText, options.ValidationWindows);
        for (int first = 0; first < Count; first += options.Windows)
        {
            int windows = Math.Min(options.Windows, Count - first);
            int[] tokens = new int[windows * context], targets = new int[tokens.Length];
            for (int i = 0; i < windows; i++)
            {
                int number = (int)((long)(first + i) * (inText - 1) / Math.Max(Count - 1, 1));
                Span<int> row = tokens.AsSpan(i * context, context);
                if (options.Bos)
                {
                    row[0] = bosTokenId!.Value;
                }

                text.Tokens.AsSpan(number * ofText, ofText).CopyTo(row[(context - ofText)..]);
                row[1..].CopyTo(targets.AsSpan(i * context));
                targets[((i + 1) * context) - 1] = Batch.None;
            }

            _batches.Add(new Batch(windows, tokens, targets));
        }
    }

    /// <summary>Takes windows as they are.</summary>
    internal ValidationSet(IEnumerable<Batch> batches)
    {
        _batches.AddRange(batches);
        Count = _batches.Sum(batch => batch.Windows);
    }

    /// <summary>Gets the number of windows.</summary>
    public int Count { get; }

    /// <summary>Gets the windows.</summary>
    public IReadOnlyList<Batch> Batches => _batches;
}
