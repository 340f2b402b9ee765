namespace OutlierQuant.Eval.Certification;

/// <summary>One test of input-independence with its thresholds.</summary>
/// <param name="Name">What is tested: <c>coordinates</c>, <c>values</c>, <c>vectors</c>, <c>updates</c> or <c>constants</c>.</param>
/// <param name="Measure">What the number is, in words.</param>
/// <param name="Value">The number; null when there is none.</param>
/// <param name="YesAt">The threshold for yes.</param>
/// <param name="NoAt">The threshold for no. It is above <paramref name="YesAt"/> where small numbers are constant ones.</param>
/// <param name="Outcome">What it says.</param>
public sealed record Criterion(string Name, string Measure, double? Value, double YesAt, double NoAt, CriterionOutcome Outcome);
