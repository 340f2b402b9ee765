using OutlierQuant.Eval.Rounding;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Tracing;

/// <summary>Measures what rounding one row of a weight matrix costs in that row's output, with one weight rounded or kept.</summary>
internal sealed class WeightErrors : IForwardObserver
{
    private readonly FloatLinear _linear;
    private readonly SpikeTokens _spikes;
    private readonly float[] _row;
    private readonly ElementTally[] _tallies;
    private readonly (float[] All, float[] Kept)[] _rounded;
    private float[] _input = [];

    /// <summary>Prepares the measurement.</summary>
    /// <param name="linear">The linear.</param>
    /// <param name="row">The row: its output channel.</param>
    /// <param name="column">The weight's input channel.</param>
    /// <param name="spikes">The tokens that hold the spike.</param>
    public WeightErrors(FloatLinear linear, int row, int column, SpikeTokens spikes)
    {
        _linear = linear;
        _spikes = spikes;
        _row = new float[linear.InFeatures];
        linear.ReadRow(row, _row);
        _tallies = [.. ElementTally.Widths.Select(bits => new ElementTally($"weight ({row}, {column})", $"row {row} of {linear.Name}", "its output", bits))];
        _rounded = [.. _tallies.Select(tally => (Round(-1, tally.QMax), Round(column, tally.QMax)))];
    }

    /// <summary>Gets the results.</summary>
    public IReadOnlyList<ElementError> Errors => [.. _tallies.Select(tally => tally.ToError())];

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind switch
    {
        ObservationKind.LinearInput => point.LinearName == _linear.Name,
        ObservationKind.BlockOutput => point.Block == _linear.Block,
        _ => false,
    };

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        if (point.Kind == ObservationKind.LinearInput)
        {
            _input = values.ToArray(); // which tokens hold the spike is seen when the block is done
            return;
        }

        foreach (var token in Enumerable.Range(0, rows).Except(_spikes.RowsOf(window)))
        {
            var x = _input.AsSpan(token * _row.Length, _row.Length);
            for (var i = 0; i < _tallies.Length; i++)
            {
                _tallies[i].Add([Dot(_row, x)], [Dot(_rounded[i].All, x)], [Dot(_rounded[i].Kept, x)]);
            }
        }
    }

    private float[] Round(int keptColumn, int qMax)
    {
        var absMax = _row.Where((_, column) => column != keptColumn).DefaultIfEmpty(0).Max(Math.Abs);
        var rounded = new float[_row.Length];
        EntryRounding.Round(_row, EntryRounding.Scale(absMax, qMax), qMax, rounded);
        if (keptColumn >= 0)
        {
            rounded[keptColumn] = _row[keptColumn];
        }

        return rounded;
    }

    private static float Dot(ReadOnlySpan<float> weights, ReadOnlySpan<float> input)
    {
        double sum = 0;
        for (var column = 0; column < weights.Length; column++)
        {
            sum += (double)weights[column] * input[column];
        }

        return (float)sum;
    }
}
