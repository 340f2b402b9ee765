namespace OutlierQuant.Eval.Interventions;

/// <summary>Whether the massive values carry load, tested harder than by setting them to zero once.</summary>
/// <remarks>
/// <para>A value that is set to zero once may be written again by later blocks, and channels below the detector's thresholds may do the same work. So the strict
/// coordinates are zeroed once and at every later block, alone and with their companions.</para>
/// <para>A companion is a channel of a massive token with <c>|h_c − mean(h)| &gt; 3 · sd(h)</c>, mean and standard deviation (over n) over all channels of that token's
/// block output.</para>
/// </remarks>
public sealed record LoadBearingResult
{
    /// <summary>Gets the verdict.</summary>
    public required LoadBearingVerdict Verdict { get; init; }

    /// <summary>Gets the strict coordinates: those that pass the detector, or the one of largest mean magnitude where none does.</summary>
    public required IReadOnlyList<InterventionCoordinate> Strict { get; init; }

    /// <summary>Gets the companions, the most frequent first, of equally frequent ones the larger.</summary>
    public required IReadOnlyList<CompanionChannel> Companions { get; init; }

    /// <summary>Gets the mean magnitude of the strongest strict coordinate at massive tokens, at the output of the block and of every later one; empty without such a token. Shape <c>[blocks − block]</c>.</summary>
    public required IReadOnlyList<double> Magnitudes { get; init; }

    /// <summary>Gets the same with the strict coordinates zeroed once: what later blocks write again. The first entry is from before the zeroing.</summary>
    public required IReadOnlyList<double> MagnitudesAfterZero { get; init; }

    /// <summary>Gets the rewrite ratio: <c>magnitudes[0] / max(magnitudes[1…])</c>. Below 1 later blocks write more. Null without a later block or a massive token, or where later values are 0.</summary>
    public required double? RewriteRatio { get; init; }

    /// <summary>Gets the largest <c>magnitudesAfterZero[i] / magnitudes[i]</c> over later blocks: the share that is written again. Null where <see cref="RewriteRatio"/> is.</summary>
    public required double? Restored { get; init; }

    /// <summary>Gets the four arms: alone once, alone held, with companions once, with companions held.</summary>
    public required IReadOnlyList<LoadBearingArm> Arms { get; init; }

    /// <summary>Gets the verdict and its numbers in sentences.</summary>
    public required IReadOnlyList<string> Sentences { get; init; }
}
