using OutlierQuant.Models;

namespace OutlierQuant.Eval.Certification;

/// <summary>Gathers the value updates of all heads after the target's block, over the windows of one source.</summary>
/// <remarks>
/// Sources are tokens of a window's first half and queries those of its second, so that every query sees every source. Of long windows evenly spaced queries are taken. The random
/// tokens come from the first half too, without the massive ones and position 0. Held at a time: probabilities of one block and window, <c>[heads, queries, keys]</c>.
/// </remarks>
/// <param name="model">The model.</param>
/// <param name="target">The target.</param>
/// <param name="massive">The massive tokens.</param>
/// <param name="length">Tokens of a window, at least 4.</param>
/// <param name="seed">Seed of the draws in this source.</param>
/// <param name="tallies">One for each head after the target's block, by block and then head; shared by the sources.</param>
/// <param name="draws">Number of draws.</param>
internal sealed class UpdateObserver(TransformerModel model, TargetChoice target, MassiveTokens massive, int length, int seed, UpdateTally[] tallies, int draws) : IForwardObserver
{
    /// <summary>The most massive tokens of a window that are sources, the strongest.</summary>
    public const int MostSources = 8;

    private const int MostQueries = 128;

    private readonly int _heads = model.Config.HeadCount;
    private readonly int _keys = length / 2;
    private readonly int[] _rowOfQuery = RowOfQuery(length);
    private readonly float[] _probabilities = new float[model.Config.HeadCount * QueryCount(length) * (length / 2)];
    private float[] _values = [];
    private int _valuesPerHead;
    private int[] _sources = [];
    private int[][] _random = [];

    /// <summary>Gets the number of windows with sources and enough other tokens.</summary>
    public int Windows { get; private set; }

    /// <summary>Gets the number of sources in them.</summary>
    public long Sources { get; private set; }

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Block > target.Block && point.Kind is ObservationKind.AttentionProbabilities or ObservationKind.AttentionValues;

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        if (point.Kind == ObservationKind.AttentionValues)
        {
            _values = values.ToArray();
            _valuesPerHead = values.Length / model.Config.KeyValueHeadCount;
            Start(point.Block, window);
            return;
        }

        if (_sources.Length == 0)
        {
            return;
        }

        var tokens = rows / _heads;
        for (var row = 0; row < rows; row++)
        {
            var query = _rowOfQuery[chunk.FirstPosition + (row % tokens)];
            if (query >= 0)
            {
                values.Slice((row * columns) + model.ConstantSlots, _keys).CopyTo(_probabilities.AsSpan(((row / tokens * QueryCount(length)) + query) * _keys));
            }
        }

        if (chunk.FirstPosition + tokens == length)
        {
            Finish(point.Block);
        }
    }

    private static int QueryCount(int length) => Math.Min(MostQueries, length - (length / 2));

    /// <summary>For every position, which row of the kept queries it is, or −1. Shape <c>[length]</c>.</summary>
    private static int[] RowOfQuery(int length)
    {
        var rows = Enumerable.Repeat(-1, length).ToArray();
        var (first, count) = (length / 2, QueryCount(length));
        for (var row = 0; row < count; row++)
        {
            rows[first + (int)((long)row * (length - first) / count)] = row;
        }

        return rows;
    }

    private void Start(int block, int window)
    {
        _sources = [.. massive.In(window).Where(position => position < _keys).Take(MostSources)];
        int[] pool = [.. Enumerable.Range(1, Math.Max(0, _keys - 1)).Except(massive.In(window))];
        if (pool.Length < _sources.Length)
        {
            _sources = [];
        }

        // The same draws at every block and head of a window, so that a draw has a mean over windows there.
        var random = new Random(unchecked((seed * 1_000_003) + window));
        _random = [.. Enumerable.Range(0, draws).Select(_ => Draw(pool, random))];
        if (block == target.Block + 1 && _sources.Length > 0)
        {
            Windows++;
            Sources += _sources.Length;
        }
    }

    /// <summary>Draws as many tokens as there are sources, none twice.</summary>
    private int[] Draw(int[] pool, Random random)
    {
        for (var i = 0; i < _sources.Length; i++)
        {
            var other = random.Next(i, pool.Length);
            (pool[i], pool[other]) = (pool[other], pool[i]);
        }

        return pool[.._sources.Length];
    }

    private void Finish(int block)
    {
        var (headSize, queries) = (model.Config.HeadSize, QueryCount(length));
        var constants = model.ConstantSlots * headSize;
        model.Context.Team.Run(_heads, 1, (first, count) =>
        {
            for (var head = first; head < first + count; head++)
            {
                var values = _values.AsSpan((head * model.Config.KeyValueHeadCount / _heads * _valuesPerHead) + constants, _valuesPerHead - constants);
                var probabilities = _probabilities.AsSpan(head * queries * _keys, queries * _keys);
                tallies[((block - target.Block - 1) * _heads) + head].Add(probabilities, _keys, values, headSize, _sources, _random);
            }
        });
    }
}
