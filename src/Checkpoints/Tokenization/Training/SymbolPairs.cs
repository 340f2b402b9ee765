namespace OutlierQuant.Checkpoints.Tokenization.Training;

/// <summary>How often each pair of neighbouring symbols occurs in a set of words, while pairs become symbols.</summary>
internal sealed class SymbolPairs
{
    /// <summary>The first symbol that stands for a pair; those before it are bytes.</summary>
    public const int FirstMerged = 256;

    private readonly List<(int[] Symbols, long Count)> _words;
    private readonly Dictionary<(int Left, int Right), long> _counts = [];
    private readonly Dictionary<(int Left, int Right), HashSet<int>> _places = [];

    // Holds each pair at least at its present count; entries with another count are out of date.
    private readonly PriorityQueue<(int Left, int Right), (long NegativeCount, int Left, int Right)> _queue = new();

    public SymbolPairs(IReadOnlyList<(byte[] Bytes, long Count)> words)
    {
        _words = [.. words.Select(word => (Array.ConvertAll(word.Bytes, value => (int)value), word.Count))];
        for (int word = 0; word < _words.Count; word++)
        {
            Add(word, 1);
        }

        foreach ((int Left, int Right) pair in _counts.Keys)
        {
            Enqueue(pair);
        }
    }

    /// <summary>Gives the most frequent pair; null if none occurs twice.</summary>
    public (int Left, int Right)? TakeMostFrequent()
    {
        while (_queue.TryDequeue(out (int Left, int Right) pair, out (long NegativeCount, int Left, int Right) priority))
        {
            long count = _counts.GetValueOrDefault(pair);
            if (count == -priority.NegativeCount)
            {
                return count < 2 ? null : pair;
            }

            if (count > 0)
            {
                Enqueue(pair);
            }
        }

        return null;
    }

    /// <summary>Replaces a pair by a symbol in every word, from left to right.</summary>
    public void Merge(int left, int right, int merged)
    {
        HashSet<(int Left, int Right)> changed = [];
        _places.Remove((left, right), out HashSet<int>? words);
        foreach (int word in words ?? [])
        {
            Add(word, -1);
            _words[word] = (Merge(_words[word].Symbols, left, right, merged), _words[word].Count);
            Add(word, 1, changed);
        }

        _counts.Remove((left, right));
        foreach ((int Left, int Right) pair in changed)
        {
            Enqueue(pair);
        }
    }

    private static int[] Merge(int[] symbols, int left, int right, int merged)
    {
        List<int> result = new(symbols.Length);
        for (int i = 0; i < symbols.Length; i++)
        {
            bool isPair = symbols[i] == left && i + 1 < symbols.Length && symbols[i + 1] == right;
            result.Add(isPair ? merged : symbols[i]);
            i += isPair ? 1 : 0;
        }

        return [.. result];
    }

    /// <summary>Counts the pairs of a word, or takes them off again.</summary>
    private void Add(int word, int sign, HashSet<(int Left, int Right)>? changed = null)
    {
        (int[] symbols, long count) = _words[word];
        for (int i = 0; i + 1 < symbols.Length; i++)
        {
            (int Left, int Right) pair = (symbols[i], symbols[i + 1]);
            _counts[pair] = _counts.GetValueOrDefault(pair) + (sign * count);
            changed?.Add(pair);
            if (sign > 0)
            {
                if (!_places.TryGetValue(pair, out HashSet<int>? places))
                {
                    _places.Add(pair, places = []);
                }

                places.Add(word);
            }
        }
    }

    private void Enqueue((int Left, int Right) pair) => _queue.Enqueue(pair, (-_counts[pair], pair.Left, pair.Right));
}
