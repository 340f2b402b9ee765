using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Tracing;

/// <summary>Adds up the errors of one <see cref="ElementError"/> over all windows.</summary>
/// <param name="element">What is kept.</param>
/// <param name="rounded">What is rounded.</param>
/// <param name="compared">What the error is measured in.</param>
/// <param name="bits">Width of a code.</param>
internal sealed class ElementTally(string element, string rounded, string compared, int bits)
{
    /// <summary>The widths of codes that are tried.</summary>
    public static readonly int[] Widths = [8, 4];

    private readonly SignalToNoise _all = new();
    private readonly SignalToNoise _kept = new();

    /// <summary>Gets the largest code.</summary>
    public int QMax => (1 << (bits - 1)) - 1;

    /// <summary>Takes one token.</summary>
    /// <param name="exact">Its values. Shape <c>[any]</c>.</param>
    /// <param name="withAll">The same with everything rounded.</param>
    /// <param name="withKept">The same with the element kept.</param>
    public void Add(ReadOnlySpan<float> exact, ReadOnlySpan<float> withAll, ReadOnlySpan<float> withKept)
    {
        _all.Add(exact, withAll);
        _kept.Add(exact, withKept);
    }

    /// <summary>Gives the result.</summary>
    public ElementError ToError() =>
        new(element, rounded, compared, bits, _all.Decibels, _kept.Decibels, _all.Noise == 0 ? null : 1 - (_kept.Noise / _all.Noise));
}
