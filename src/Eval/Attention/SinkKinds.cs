using OutlierQuant.Calibration;

namespace OutlierQuant.Eval.Attention;

/// <summary>Says which kinds of sinks each key of a window would be.</summary>
internal static class SinkKinds
{
    /// <summary>Lists the kinds of every position. Shape <c>[tokens]</c>.</summary>
    /// <param name="classes">Classes of the tokens. Shape <c>[tokens]</c>.</param>
    /// <param name="tokenIds">The tokens. Shape <c>[tokens]</c>.</param>
    public static IReadOnlyList<(SinkKind Kind, int TokenId)>[] Of(TokenClass[] classes, int[] tokenIds)
    {
        var firstDelimiter = Array.IndexOf(classes, TokenClass.Delimiter);
        var kinds = new IReadOnlyList<(SinkKind Kind, int TokenId)>[tokenIds.Length];
        for (var position = 0; position < kinds.Length; position++)
        {
            kinds[position] = position == 0 ? [(SinkKind.PositionZero, -1)]
                : position == firstDelimiter ? [(SinkKind.FirstDelimiter, -1), (SinkKind.Token, tokenIds[position])]
                : [(SinkKind.Token, tokenIds[position])];
        }

        return kinds;
    }
}
