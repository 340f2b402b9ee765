using OutlierQuant.Eval.Statistics;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Certification;

/// <summary>Gathers the normalized vectors of massive tokens and of all others, as every block after the target's reads them, over the windows of one source.</summary>
internal sealed class VectorObserver : IForwardObserver
{
    private readonly MassiveTokens _massive;
    private readonly Dictionary<string, int> _readers;
    private readonly PairwiseCosine[] _atMassive;
    private readonly PairwiseCosine[] _elsewhere;
    private readonly int _firstReader;

    /// <summary>Initializes an observer.</summary>
    /// <param name="model">The model.</param>
    /// <param name="block">The target's block.</param>
    /// <param name="massive">The massive tokens.</param>
    public VectorObserver(TransformerModel model, int block, MassiveTokens massive)
    {
        var blocks = model.Config.BlockCount;
        (_massive, _firstReader) = (massive, block + 1);

        // The first linear of a block reads what its first norm made; the output head reads what the final norm made.
        _readers = model.Linears.Select(linear => (linear.Name, Block: linear.Role == LinearRole.Head ? blocks : linear.Block)).Where(reader => reader.Block > block)
            .GroupBy(reader => reader.Block).ToDictionary(group => group.First().Name, group => group.Key);
        _atMassive = Make();
        _elsewhere = Make();

        PairwiseCosine[] Make() => [.. Enumerable.Range(_firstReader, blocks + 1 - _firstReader).Select(_ => new PairwiseCosine(model.Config.HiddenSize))];
    }

    /// <summary>The massive tokens' vectors, by reading block from the first after the target's. The other tokens', but those at position 0, likewise.</summary>
    public IReadOnlyList<(PairwiseCosine AtMassive, PairwiseCosine Elsewhere)> ByReader => [.. _atMassive.Zip(_elsewhere)];

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind == ObservationKind.LinearInput && _readers.ContainsKey(point.LinearName);

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        var reader = _readers[point.LinearName] - _firstReader;
        var massive = _massive.In(window);
        for (var position = 0; position < rows; position++)
        {
            var vector = values.Slice(position * columns, columns);
            if (massive.Contains(position))
            {
                _atMassive[reader].Add(vector);
            }
            else if (position > 0)
            {
                _elsewhere[reader].Add(vector);
            }
        }
    }
}
