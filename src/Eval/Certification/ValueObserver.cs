using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Statistics;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Certification;

/// <summary>Gathers the values of each coordinate at every block, over the windows of one source.</summary>
/// <param name="target">The coordinates and their block.</param>
/// <param name="classifier">Classifies tokens.</param>
/// <param name="blocks">Number of blocks.</param>
internal sealed class ValueObserver(TargetChoice target, TokenClassifier classifier, int blocks) : IForwardObserver
{
    private readonly RunningMoments[,] _moments = new RunningMoments[target.Coordinates.Count, blocks];
    private readonly RunningMoments[] _entries = new RunningMoments[target.Coordinates.Count];
    private readonly int[] _holds = new int[target.Coordinates.Count];

    /// <summary>The windows' values of a coordinate at a block.</summary>
    public RunningMoments At(int coordinate, int block) => _moments[coordinate, block];

    /// <summary>The massive entries of a coordinate at the target's block: those of at least half of its mean in magnitude.</summary>
    public RunningMoments Entries(int coordinate) => _entries[coordinate];

    /// <summary>The number of windows where a coordinate has at least half of its mean at the target's block.</summary>
    public int Holds(int coordinate) => _holds[coordinate];

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind == ObservationKind.BlockOutput;

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        var classes = classifier.Classify(chunk);
        for (var index = 0; index < target.Coordinates.Count; index++)
        {
            var (channel, tokenClass, mean) = target.Coordinates[index];
            var least = point.Block == target.Block ? CoordinateMatcher.LeastShareOfMean * Math.Abs(mean) : double.PositiveInfinity;
            float? strongest = null;
            for (var position = 0; position < rows; position++)
            {
                if (classes[position] != tokenClass)
                {
                    continue;
                }

                var value = values[(position * columns) + channel];
                strongest = strongest is { } before && Math.Abs(before) >= Math.Abs(value) ? before : value;
                if (Math.Abs(value) >= least)
                {
                    _entries[index].Add(value);
                }
            }

            if (strongest is { } largest)
            {
                _moments[index, point.Block].Add(largest);
                _holds[index] += Math.Abs(largest) >= least ? 1 : 0;
            }
        }
    }
}
