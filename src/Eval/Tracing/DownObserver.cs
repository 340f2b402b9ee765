using System.Numerics.Tensors;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Tracing;

/// <summary>Finds the largest input and output of every down projection over all windows; the first among equals.</summary>
internal sealed class DownObserver(TransformerModel model) : IForwardObserver
{
    private readonly Dictionary<string, Linear> _downs = model.Linears.Where(linear => linear.Role == LinearRole.Down).ToDictionary(linear => linear.Name);

    /// <summary>Gets what was found, by block.</summary>
    public Dictionary<int, (Extreme Input, Extreme Output)> Found { get; } = [];

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind == ObservationKind.LinearInput && _downs.ContainsKey(point.LinearName);

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        var down = _downs[point.LinearName];
        var output = new float[rows * down.OutFeatures];
        down.Forward(values.ToArray(), rows, chunk, output, model.Context);
        var (input, outputs) = (Extreme.Of(values, columns, chunk), Extreme.Of(output, down.OutFeatures, chunk));
        Found[down.Block] = Found.TryGetValue(down.Block, out var before) ? (before.Input.OrLarger(input), before.Output.OrLarger(outputs)) : (input, outputs);
    }

    /// <summary>A largest entry.</summary>
    internal readonly record struct Extreme(float Value, int Channel, int TokenId)
    {
        public static Extreme Of(ReadOnlySpan<float> values, int columns, SequenceChunk chunk)
        {
            var index = TensorPrimitives.IndexOfMaxMagnitude(values);
            return new Extreme(values[index], index % columns, chunk.TokenIds.Span[index / columns]);
        }

        public Extreme OrLarger(Extreme other) => Math.Abs(other.Value) > Math.Abs(Value) ? other : this;
    }
}
