using OutlierQuant.Calibration;
using OutlierQuant.Eval.Rounding;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Tracing;

/// <summary>Measures what rounding the input of some linears costs in their outputs, with one channel rounded or kept.</summary>
/// <remarks>The tokens that hold the spike are known once the spike's block has passed; until then the last window's input is kept.</remarks>
internal sealed class InputErrors : IForwardObserver
{
    private readonly TransformerModel _model;
    private readonly IReadOnlyList<Linear> _linears;
    private readonly int _channel;
    private readonly SpikeTokens _spikes;
    private readonly ElementTally[] _tallies;
    private readonly float[] _scales;
    private readonly float[] _keptScales;
    private float[] _input = [];

    /// <summary>Prepares the measurement.</summary>
    /// <param name="model">The model.</param>
    /// <param name="linears">The linears that read the input.</param>
    /// <param name="channel">The channel that is kept.</param>
    /// <param name="element">What it is, for people.</param>
    /// <param name="profile">Where the scales come from.</param>
    /// <param name="spikes">The tokens that hold the spike.</param>
    public InputErrors(TransformerModel model, IReadOnlyList<Linear> linears, int channel, string element, CalibrationProfile profile, SpikeTokens spikes)
    {
        _model = model;
        _linears = linears;
        _channel = channel;
        _spikes = spikes;
        var absMax = profile.Linear(linears[0].Name).Channels.AbsMax;
        var (all, others) = (absMax.Max(), absMax.Where((_, other) => other != channel).DefaultIfEmpty(0).Max());
        _tallies = [.. ElementTally.Widths.Select(bits => new ElementTally(element, $"input of {linears[0].Name}", "its output", bits))];
        _scales = [.. _tallies.Select(tally => EntryRounding.Scale(all, tally.QMax))];
        _keptScales = [.. _tallies.Select(tally => EntryRounding.Scale(others, tally.QMax))];
    }

    /// <summary>Gets the results.</summary>
    public IReadOnlyList<ElementError> Errors => [.. _tallies.Select(tally => tally.ToError())];

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind switch
    {
        ObservationKind.LinearInput => point.LinearName == _linears[0].Name,
        ObservationKind.BlockOutput => point.Block == _linears[0].Block,
        _ => false,
    };

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        if (point.Kind == ObservationKind.LinearInput)
        {
            _input = values.ToArray();
            return;
        }

        var columnsOfInput = _linears[0].InFeatures;
        var holders = _spikes.RowsOf(window);
        float[][] exact = [.. _linears.Select(linear => Output(linear, _input, rows, chunk))];
        var rounded = new float[_input.Length];
        var kept = new float[_input.Length];
        for (var i = 0; i < _tallies.Length; i++)
        {
            EntryRounding.Round(_input, _scales[i], _tallies[i].QMax, rounded);
            EntryRounding.Round(_input, _keptScales[i], _tallies[i].QMax, kept);
            for (var row = 0; row < rows; row++)
            {
                kept[(row * columnsOfInput) + _channel] = _input[(row * columnsOfInput) + _channel];
            }

            for (var l = 0; l < _linears.Count; l++)
            {
                var (withAll, withKept) = (Output(_linears[l], rounded, rows, chunk), Output(_linears[l], kept, rows, chunk));
                var width = _linears[l].OutFeatures;
                foreach (var row in Enumerable.Range(0, rows).Except(holders))
                {
                    _tallies[i].Add(exact[l].AsSpan(row * width, width), withAll.AsSpan(row * width, width), withKept.AsSpan(row * width, width));
                }
            }
        }
    }

    private float[] Output(Linear linear, float[] input, int tokens, SequenceChunk chunk)
    {
        var output = new float[tokens * linear.OutFeatures];
        linear.Forward(input, tokens, chunk, output, _model.Context);
        return output;
    }
}
