namespace OutlierQuant.Eval.Scoring;

/// <summary>Tokens that go through the model at once, and which of them are scored.</summary>
/// <param name="TokenIds">Token ids, the context included. Shape <c>[tokens]</c>.</param>
/// <param name="FirstTarget">Index of the first scored token, at least 1; all tokens from there to the end are scored, each predicted from those before it.</param>
public sealed record ScoredWindow(int[] TokenIds, int FirstTarget)
{
    /// <summary>Gets the number of scored tokens.</summary>
    public int TargetCount => TokenIds.Length - FirstTarget;

    /// <summary>Gets the scored tokens. Shape <c>[targets]</c>.</summary>
    public ReadOnlySpan<int> Targets => TokenIds.AsSpan(FirstTarget);
}
