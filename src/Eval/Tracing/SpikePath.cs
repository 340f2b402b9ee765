using System.Numerics.Tensors;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Tracing;

/// <summary>Follows some channels of one token through every block and tells apart what attention and the MLP add.</summary>
/// <remarks>Both parts are products of one weight row with the token's input, summed in binary64; what the block read is what is left of its output.</remarks>
internal sealed class SpikePath : IForwardObserver, IWindowConsumer
{
    private readonly int _position;
    private readonly int[] _channels;
    private readonly Dictionary<string, FloatLinear> _writers;
    private readonly Dictionary<LinearRole, float[]> _inputs = [];

    public SpikePath(TransformerModel model, int position, int[] channels)
    {
        _position = position;
        _channels = channels;
        _writers = model.Linears.Where(linear => linear.Role is LinearRole.AttentionOutput or LinearRole.Down).Cast<FloatLinear>().ToDictionary(linear => linear.Name);
        Steps = [.. channels.Select(_ => new List<BlockStep>())];
    }

    /// <summary>Gets the steps of each channel, block by block. Shape <c>[channels][blocks]</c>.</summary>
    public IReadOnlyList<List<BlockStep>> Steps { get; }

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind switch
    {
        ObservationKind.BlockOutput => true,
        ObservationKind.LinearInput => _writers.ContainsKey(point.LinearName),
        _ => false,
    };

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        var token = values.Slice(_position * columns, columns);
        if (point.Kind == ObservationKind.LinearInput)
        {
            _inputs[_writers[point.LinearName].Role] = token.ToArray();
            return;
        }

        var attention = _writers.Values.Single(linear => linear.Block == point.Block && linear.Role == LinearRole.AttentionOutput);
        var down = _writers.Values.Single(linear => linear.Block == point.Block && linear.Role == LinearRole.Down);
        for (var i = 0; i < _channels.Length; i++)
        {
            Steps[i].Add(Step(attention, down, _channels[i], token[_channels[i]]));
        }
    }

    /// <inheritdoc/>
    public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
    {
    }

    private BlockStep Step(FloatLinear attention, FloatLinear down, int channel, float after)
    {
        var ofAttention = Products(attention, channel).Sum() + (attention.Bias?[channel] ?? 0);
        var products = Products(down, channel);
        var ofMlp = products.Sum() + (down.Bias?[channel] ?? 0);
        var direction = Math.Sign(ofAttention + ofMlp);
        var neuron = Array.IndexOf(products, products.MaxBy(product => direction * product));
        var weights = new float[down.InFeatures];
        down.ReadRow(channel, weights);
        var input = _inputs[LinearRole.Down];
        return new BlockStep(
            down.Block, after - ofAttention - ofMlp, ofAttention, ofMlp, after, neuron, input[neuron], weights[neuron], TensorPrimitives.IndexOfMaxMagnitude<float>(input) == neuron);
    }

    private double[] Products(FloatLinear linear, int row)
    {
        var weights = new float[linear.InFeatures];
        linear.ReadRow(row, weights);
        return [.. weights.Zip(_inputs[linear.Role]).Select(pair => (double)pair.First * pair.Second)];
    }
}
