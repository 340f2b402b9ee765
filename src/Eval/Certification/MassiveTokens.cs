using OutlierQuant.Calibration;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Certification;

/// <summary>Finds the tokens that hold a massive value in each window, as interventions do.</summary>
/// <param name="target">The coordinates and their block.</param>
/// <param name="classifier">Classifies tokens.</param>
/// <param name="windows">Number of windows.</param>
internal sealed class MassiveTokens(TargetChoice target, TokenClassifier classifier, int windows) : IForwardObserver
{
    private readonly int[][] _positions = [.. Enumerable.Repeat(Array.Empty<int>(), windows)];

    /// <summary>The positions of a window's massive tokens, the largest multiple of its coordinate's mean first. Known once the target's block has been computed.</summary>
    public int[] In(int window) => _positions[window];

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point == new ObservationPoint(ObservationKind.BlockOutput, target.Block);

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        var classes = classifier.Classify(chunk);
        var found = new List<(int Position, double Strength)>();
        for (var position = 0; position < rows; position++)
        {
            var strength = 0.0;
            foreach (var coordinate in target.Coordinates)
            {
                if (coordinate.TokenClass == classes[position])
                {
                    strength = Math.Max(strength, Math.Abs(values[(position * columns) + coordinate.Channel] / coordinate.Mean));
                }
            }

            if (strength >= CoordinateMatcher.LeastShareOfMean)
            {
                found.Add((position, strength));
            }
        }

        _positions[window] = [.. found.OrderByDescending(token => token.Strength).ThenBy(token => token.Position).Select(token => token.Position)];
    }
}
