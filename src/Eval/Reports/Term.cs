namespace OutlierQuant.Eval.Reports;

/// <summary>A word in a report that links to its definition.</summary>
/// <param name="Id">Which definition: a key of <see cref="Definitions"/>.</param>
/// <param name="Text">What stands in the page.</param>
internal readonly record struct Term(string Id, string Text);
