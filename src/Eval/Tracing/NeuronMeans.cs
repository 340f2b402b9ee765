using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Statistics;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Tracing;

/// <summary>Means of one input channel of a linear, one for each token class.</summary>
internal sealed class NeuronMeans(string linear, int channel, TokenClassifier classifier) : IForwardObserver
{
    private readonly RunningMoments[] _moments = new RunningMoments[Enum.GetValues<TokenClass>().Length];

    /// <summary>Gets the means by class; 0 for a class without tokens. Shape <c>[classes]</c>.</summary>
    public double[] Means => [.. _moments.Select(moments => moments.Mean)];

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind == ObservationKind.LinearInput && point.LinearName == linear;

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        var classes = classifier.Classify(chunk);
        for (var row = 0; row < rows; row++)
        {
            _moments[(int)classes[row]].Add(values[(row * columns) + channel]);
        }
    }
}
