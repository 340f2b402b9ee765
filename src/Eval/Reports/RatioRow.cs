using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Reports;

/// <summary>One bar of a <see cref="RatioFigure"/>.</summary>
/// <param name="Group">Rows of one group stand together under this name.</param>
/// <param name="Label">The row's own name.</param>
/// <param name="Class">Colour class.</param>
/// <param name="Ratio">Perplexity over the baseline's.</param>
/// <param name="Interval">Its 95 % confidence interval; null when unknown.</param>
internal sealed record RatioRow(string Group, string Label, string Class, double Ratio, Interval? Interval);
