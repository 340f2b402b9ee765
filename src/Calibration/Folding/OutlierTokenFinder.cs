using System.Numerics.Tensors;
using OutlierQuant.Calibration.Detectors;
using OutlierQuant.Calibration.Statistics;
using OutlierQuant.Models;

namespace OutlierQuant.Calibration.Folding;

/// <summary>Finds the tokens of the stream that hold something massive: an entry of a block's output by <c>sun2024</c>, or a down projection's input by <c>prefixquant</c>.</summary>
internal sealed class OutlierTokenFinder : IForwardObserver, IWindowConsumer
{
    private readonly AbsoluteMedian _medianOf = new();
    private readonly HashSet<string> _downProjections;
    private readonly DetectorOptions _options;
    private readonly Dictionary<(int Window, int Position), int> _found = [];

    private OutlierTokenFinder(TransformerModel model, DetectorOptions options)
    {
        _options = options;
        _downProjections = [.. model.Linears.Where(linear => linear.Role == LinearRole.Down).Select(linear => linear.Name)];
    }

    /// <summary>Runs windows through a model and finds them.</summary>
    public static OutlierTokenTally Find(TransformerModel model, CalibrationSet set, DetectorOptions options, Action<ForwardProgress>? progress, CancellationToken cancellation)
    {
        OutlierTokenFinder finder = new(model, options);
        new ForwardPass(model).Run(set.Windows, finder, new ForwardOptions { Observer = finder, StartsWithBos = set.Bos, Progress = progress, Cancellation = cancellation });
        return new OutlierTokenTally(finder._found.Values);
    }

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) =>
        point.Kind == ObservationKind.BlockOutput || (point.Kind == ObservationKind.LinearInput && _downProjections.Contains(point.LinearName));

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        float[] absMax = new float[rows];
        for (int row = 0; row < rows; row++)
        {
            absMax[row] = Math.Abs(TensorPrimitives.MaxMagnitude(values.Slice(row * columns, columns)));
        }

        double threshold = point.Kind == ObservationKind.BlockOutput
            ? MassiveActivationDetector.Threshold(_medianOf.Of(values), _options.MinMagnitude, _options.MinRatio)
            : _options.PrefixQuantRatio * _medianOf.Of(absMax);
        for (int row = 0; row < rows; row++)
        {
            if (absMax[row] > threshold)
            {
                _found[(window, chunk.FirstPosition + row)] = chunk.TokenIds.Span[row];
            }
        }
    }

    /// <inheritdoc/>
    public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
    {
    }
}
