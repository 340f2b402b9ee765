using OutlierQuant.Calibration;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Attention;

/// <summary>Finds the sinks in windows. One object serves one thread.</summary>
/// <param name="sinks">The sinks to look for.</param>
/// <param name="classifier">Says which tokens are delimiters.</param>
/// <param name="startsWithBos">Whether windows begin with BOS.</param>
internal sealed class SinkMarker(IReadOnlyList<SinkToken> sinks, TokenClassifier classifier, bool startsWithBos)
{
    private readonly Dictionary<(SinkKind Kind, int TokenId), int> _indices = sinks.Index().ToDictionary(pair => (pair.Item.Kind, pair.Item.TokenId ?? -1), pair => pair.Index);

    /// <summary>Lists the sinks that each position is, as indices; none for most. Shape <c>[tokens]</c>.</summary>
    /// <param name="tokenIds">The window. Shape <c>[tokens]</c>.</param>
    public int[][] Mark(int[] tokenIds)
    {
        var kinds = SinkKinds.Of(classifier.Classify(new SequenceChunk(tokenIds, 0, startsWithBos)), tokenIds);
        return Array.ConvertAll(kinds, ofKey => ofKey.Where(_indices.ContainsKey).Select(kind => _indices[kind]).ToArray());
    }
}
