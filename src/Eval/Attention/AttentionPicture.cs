namespace OutlierQuant.Eval.Attention;

/// <summary>What figures of attention need: maps of the first tokens of the first window. By causality their rows are as in the whole window.</summary>
/// <param name="Tokens">The tokens shown, control characters escaped. Shape <c>[tokens shown]</c>.</param>
/// <param name="TokensInWindow">Tokens of the whole window.</param>
/// <param name="Blocks">Averages over the heads of some blocks, evenly spaced from the first to the last.</param>
/// <param name="Heads">Single heads.</param>
public sealed record AttentionPicture(IReadOnlyList<string> Tokens, int TokensInWindow, IReadOnlyList<AttentionMap> Blocks, IReadOnlyList<AttentionMap> Heads);
