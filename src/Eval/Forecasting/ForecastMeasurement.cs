using OutlierQuant.Calibration;
using OutlierQuant.Eval.Rounding;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;
using OutlierQuant.Quantizers;

namespace OutlierQuant.Eval.Forecasting;

/// <summary>Quantizes every linear and block output beside the running full-precision model and adds up the errors, all schemes in one pass.</summary>
/// <remarks>Each linear gets the full-precision model's own input, so its error is its own. The quantized linears of one block are in memory at a time.</remarks>
internal sealed class ForecastMeasurement : IForwardObserver, IWindowConsumer
{
    private readonly TransformerModel _model;
    private readonly CalibrationProfile _profile;
    private readonly IReadOnlyList<QuantizationPlan> _plans;
    private readonly Dictionary<string, Linear> _linears;
    private readonly Dictionary<(int Plan, string Linear), QuantizedLinear> _quantized = [];
    private int _blockInMemory = -1;

    public ForecastMeasurement(TransformerModel model, CalibrationProfile profile, IReadOnlyList<QuantizationPlan> plans)
    {
        _model = model;
        _profile = profile;
        _plans = plans;
        _linears = model.Linears.Where(linear => linear.Role != LinearRole.Head).ToDictionary(linear => linear.Name);
    }

    /// <summary>Gets the errors of linears' inputs by plan and linear.</summary>
    public Dictionary<(int Plan, string Linear), ErrorTally> Inputs { get; } = [];

    /// <summary>Gets the errors of linears' outputs by plan and linear.</summary>
    public Dictionary<(int Plan, string Linear), ErrorTally> Outputs { get; } = [];

    /// <summary>Gets the errors of blocks' outputs by plan and block.</summary>
    public Dictionary<(int Plan, int Block), ErrorTally> Blocks { get; } = [];

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind switch
    {
        ObservationKind.LinearInput => _linears.ContainsKey(point.LinearName) && _plans.Any(plan => plan.Linears.Count > 0),
        ObservationKind.BlockOutput => _plans.Any(plan => plan.Blocks.Count > 0),
        _ => false,
    };

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        var rounded = new float[values.Length];
        if (point.Kind == ObservationKind.BlockOutput)
        {
            var bodyEnd = _profile.Blocks[point.Block].Magnitudes.Quantile999;
            for (var plan = 0; plan < _plans.Count; plan++)
            {
                if (_plans[plan].Blocks.FirstOrDefault(block => block.Block == point.Block) is { } block)
                {
                    EntryRounding.Round(values, block.Scale, (1 << (block.Bits - 1)) - 1, rounded);
                    Tally(Blocks, (plan, point.Block)).AddEntries(values, rounded, bodyEnd);
                }
            }

            return;
        }

        ObserveLinear(_linears[point.LinearName], chunk, values, rows, rounded);
    }

    /// <inheritdoc/>
    public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
    {
    }

    private void ObserveLinear(Linear linear, SequenceChunk chunk, ReadOnlySpan<float> values, int tokens, float[] rounded)
    {
        float[] input = values.ToArray();
        var exact = Output(linear, input, tokens, chunk);
        var bodyEnd = _profile.Linear(linear.Name).Magnitudes.Quantile999;
        for (var plan = 0; plan < _plans.Count; plan++)
        {
            if (QuantizedOf(plan, linear) is not { } quantized)
            {
                continue;
            }

            if (quantized.Activations.Granularity != ActivationGranularity.Float)
            {
                EntryRounding.Round(values, linear.InFeatures, quantized.Activations, rounded);
                Tally(Inputs, (plan, linear.Name)).AddEntries(values, rounded, bodyEnd);
            }

            Tally(Outputs, (plan, linear.Name)).AddTokens(exact, Output(quantized, input, tokens, chunk), linear.OutFeatures, chunk.SinkRow);
        }
    }

    private float[] Output(Linear linear, float[] input, int tokens, SequenceChunk chunk)
    {
        var output = new float[tokens * linear.OutFeatures];
        linear.Forward(input, tokens, chunk, output, _model.Context);
        return output;
    }

    private QuantizedLinear? QuantizedOf(int plan, Linear linear)
    {
        if (linear.Block != _blockInMemory)
        {
            _quantized.Clear();
            _blockInMemory = linear.Block;
        }

        if (!_quantized.TryGetValue((plan, linear.Name), out var quantized) && _plans[plan].Linears.FirstOrDefault(entry => entry.Name == linear.Name) is { } entry)
        {
            using var alone = Quantizer.Apply(_model, _plans[plan] with { Linears = [entry] });
            quantized = (QuantizedLinear)alone.Linears.First(candidate => candidate.Name == linear.Name);
            _quantized.Add((plan, linear.Name), quantized);
        }

        return quantized;
    }

    private static ErrorTally Tally<T>(Dictionary<T, ErrorTally> tallies, T key)
        where T : notnull
    {
        if (!tallies.TryGetValue(key, out var tally))
        {
            tally = new ErrorTally();
            tallies.Add(key, tally);
        }

        return tally;
    }
}
