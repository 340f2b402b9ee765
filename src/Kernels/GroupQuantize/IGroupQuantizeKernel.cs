namespace OutlierQuant.Kernels.GroupQuantize;

/// <summary>Rounds a weight row to signed integer codes, one scale per group of columns.</summary>
/// <remarks>
/// <para><c>codes[c] = clamp(round(row[c] / scales[c / groupSize]), -qMax, qMax)</c>, where <c>round</c> is IEEE 754
/// round-half-to-even and <c>/</c> is IEEE division, never multiplication by a reciprocal. A NaN becomes code 0; callers refuse NaN first.
/// The last group is shorter where <c>groupSize</c> does not divide the row.</para>
/// <para>Every implementation returns the codes of <see cref="GroupQuantizeReference"/> bit for bit.</para>
/// </remarks>
public interface IGroupQuantizeKernel
{
    /// <summary>Quantizes one row.</summary>
    /// <param name="row">Weights. Shape <c>[columns]</c>.</param>
    /// <param name="scales">Step size of each group, positive. Shape <c>[ceil(columns / groupSize)]</c>.</param>
    /// <param name="groupSize">Columns that share a scale, positive.</param>
    /// <param name="qMax">Largest code magnitude, 1 to 127; for example 7 for 4-bit codes.</param>
    /// <param name="codes">Receives the codes. Shape <c>[columns]</c>.</param>
    /// <exception cref="ArgumentException">The shapes disagree.</exception>
    void Quantize(ReadOnlySpan<float> row, ReadOnlySpan<float> scales, int groupSize, int qMax, Span<sbyte> codes);
}
