using System.Text.Json.Serialization;

namespace OutlierQuant.Eval.Statistics;

/// <summary>A confidence interval. In json an array of two numbers, the low end first.</summary>
/// <param name="Low">The low end.</param>
/// <param name="High">The high end.</param>
[JsonConverter(typeof(IntervalJsonConverter))]
public readonly record struct Interval(double Low, double High)
{
    /// <summary>Says whether a value lies inside, the ends included.</summary>
    /// <param name="value">The value.</param>
    public bool Contains(double value) => Low <= value && value <= High;
}
