namespace OutlierQuant.Calibration.Folding;

/// <summary>What folding did to the range of one linear input or block output, and so to its static scale.</summary>
/// <param name="Block">0-based block; −1 for the output head.</param>
/// <param name="Linears">The linears that read it; empty for a block's output.</param>
/// <param name="AbsMaxBefore">Largest magnitude in the text before folding.</param>
/// <param name="ScaleBefore">The static int8 scale of that: <c>absMax / 127</c>.</param>
/// <param name="AbsMaxAfter">Largest magnitude in the same text after folding.</param>
/// <param name="ScaleAfter">The static int8 scale of that.</param>
/// <param name="Ratio"><c>absMaxBefore / absMaxAfter</c>: how much finer the codes become.</param>
public sealed record ScaleChange(int Block, IReadOnlyList<string> Linears, float AbsMaxBefore, float ScaleBefore, float AbsMaxAfter, float ScaleAfter, double Ratio)
{
    private const float QMax = 127;

    internal static ScaleChange Of(int block, IReadOnlyList<string> linears, float before, float after) =>
        new(block, linears, before, before / QMax, after, after / QMax, Statistics.Ratio.Of(before, after));
}
