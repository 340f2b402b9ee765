namespace OutlierQuant.Kernels.RowQuantize;

/// <summary>Rounds one token's activations to signed integer codes, leaving the preserved channels in float.</summary>
/// <remarks>
/// <para><c>codes[c] = clamp(round(row[c] / scale), -qMax, qMax)</c> for channels that are not preserved, 0 for those that are, where
/// <c>round</c> is IEEE 754 round-half-to-even and <c>/</c> is IEEE division. A NaN becomes code 0; callers find NaN by
/// <see cref="AbsMax"/>, which returns NaN if any channel that is not preserved is NaN.</para>
/// <para>Every implementation returns the codes of <see cref="RowQuantizeReference"/> bit for bit.</para>
/// </remarks>
public interface IRowQuantizeKernel
{
    /// <summary>Computes the largest absolute value over the channels that are not preserved; 0 if there is none, NaN if any is NaN.</summary>
    /// <param name="row">Activations of one token. Shape <c>[columns]</c>.</param>
    /// <param name="preservedChannels">Sorted, distinct channels to leave out. Shape <c>[preserved]</c>.</param>
    /// <exception cref="ArgumentException">A preserved channel is out of range or out of order.</exception>
    float AbsMax(ReadOnlySpan<float> row, ReadOnlySpan<int> preservedChannels);

    /// <summary>Quantizes one token.</summary>
    /// <param name="row">Activations. Shape <c>[columns]</c>.</param>
    /// <param name="preservedChannels">Sorted, distinct channels to leave out. Shape <c>[preserved]</c>.</param>
    /// <param name="scale">Step between neighbouring codes, positive; or NaN, which makes every code 0.</param>
    /// <param name="qMax">Largest code magnitude, 1 to 127.</param>
    /// <param name="codes">Receives the codes; entries from <c>columns</c> on become 0. Shape <c>[at least columns]</c>.</param>
    /// <param name="preserved">Receives the preserved channels' values. Shape <c>[preserved]</c>.</param>
    /// <exception cref="ArgumentException">The shapes disagree.</exception>
    void Quantize(ReadOnlySpan<float> row, ReadOnlySpan<int> preservedChannels, float scale, int qMax, Span<sbyte> codes, Span<float> preserved);
}
