using OutlierQuant.Calibration;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Interventions;

/// <summary>Finds the tokens that hold the values that some coordinates name. One object serves one thread.</summary>
/// <remarks>An entry counts when its channel and its token's class are a coordinate's and its magnitude is at least half of the coordinate's mean magnitude:
/// massive activations hardly vary, and other tokens of the class hold nothing of the kind.</remarks>
/// <param name="coordinates">The coordinates.</param>
/// <param name="classifier">Gives tokens their class.</param>
internal sealed class CoordinateMatcher(IReadOnlyList<InterventionCoordinate> coordinates, TokenClassifier classifier)
{
    /// <summary>The share of its coordinate's mean magnitude from which an entry counts as massive.</summary>
    public const double LeastShareOfMean = 0.5;

    /// <summary>Lists the rows that hold at least one value, in order, each with the indices of the coordinates that it holds.</summary>
    /// <param name="chunk">The tokens.</param>
    /// <param name="hidden">A block's output. Shape <c>[tokens, hiddenSize]</c>.</param>
    /// <param name="hiddenSize">Width of the residual stream.</param>
    public IReadOnlyList<(int Row, int[] Found)> Match(SequenceChunk chunk, ReadOnlySpan<float> hidden, int hiddenSize)
    {
        var classes = classifier.Classify(chunk);
        var rows = new List<(int Row, int[] Found)>();
        var found = new List<int>(coordinates.Count);
        for (var row = 0; row < classes.Length; row++)
        {
            found.Clear();
            for (var index = 0; index < coordinates.Count; index++)
            {
                var (channel, tokenClass, mean) = coordinates[index];
                if (tokenClass == classes[row] && Math.Abs(hidden[(row * hiddenSize) + channel]) >= LeastShareOfMean * Math.Abs(mean))
                {
                    found.Add(index);
                }
            }

            if (found.Count > 0)
            {
                rows.Add((row, [.. found]));
            }
        }

        return rows;
    }
}
