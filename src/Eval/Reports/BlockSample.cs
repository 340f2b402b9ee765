namespace OutlierQuant.Eval.Reports;

/// <summary>A part of one block's output for one window, for a picture.</summary>
/// <param name="Block">The block, from 0.</param>
/// <param name="Tokens">Texts of the first tokens of the window. Shape <c>[tokens]</c>.</param>
/// <param name="Channels">The channels kept, sorted. Shape <c>[channels]</c>.</param>
/// <param name="Massive">Those of <paramref name="Channels"/> that hold massive or candidate values.</param>
/// <param name="Values">Signed values, one array a token. Shape <c>[tokens][channels]</c>.</param>
/// <param name="Median">Median magnitude of the window's whole output at the block.</param>
public sealed record BlockSample(
    int Block, IReadOnlyList<string> Tokens, IReadOnlyList<int> Channels, IReadOnlyList<int> Massive, IReadOnlyList<float[]> Values, double Median);
