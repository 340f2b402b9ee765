namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>Multiplies activations by a float weight matrix.</summary>
/// <remarks>
/// <para><c>destination[t, r] = Σ_c source[t, c] · weights[r, c]</c> for the rows <c>firstRow ≤ r &lt; firstRow + rowCount</c>.
/// F16 and BF16 weights are widened exactly; products and sums are binary32.</para>
/// <para>The reference sums in binary64; other implementations stay within <see cref="FloatMatmulTolerance"/>. One implementation gives
/// the same bits for an element whatever row range it is computed in, so callers may split rows over threads in any way. NaN and infinity propagate.</para>
/// </remarks>
public interface IFloatMatmulKernel
{
    /// <summary>Gets the number of rows that a split over threads should be a multiple of.</summary>
    int RowGranularity { get; }

    /// <summary>Says whether calls must come from a team's own threads: <see cref="Threading.WorkerTeam.Run"/> with <c>ownThreadsOnly</c>.</summary>
    /// <param name="type">Element type of the weights.</param>
    /// <param name="tokens">Number of tokens of the call.</param>
    bool NeedsOwnThreads(FloatType type, int tokens);

    /// <summary>Names what multiplies a matrix, for tables: for example <c>float×bf16 avx2</c>.</summary>
    /// <param name="type">Element type of the weights.</param>
    /// <param name="tokens">Number of tokens, positive.</param>
    string Describe(FloatType type, int tokens);

    /// <summary>Reserves room for activations in the form that this kernel multiplies; null where it takes them as they lie.</summary>
    /// <remarks>A caller that splits the rows fills it once (<see cref="PreparedFloats.Fill"/>) and hands it to every call; otherwise each call makes its own.</remarks>
    /// <param name="type">Element type of the weights.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="columns">Number of input features.</param>
    PreparedFloats? Reserve(FloatType type, int tokens, int columns);

    /// <summary>Computes some output features of every token.</summary>
    /// <param name="source">Activations. Shape <c>[tokens, columns]</c>.</param>
    /// <param name="tokens">Number of tokens, zero or more.</param>
    /// <param name="weights">The whole matrix. Shape <c>[rows, columns]</c>.</param>
    /// <param name="firstRow">First output feature to compute.</param>
    /// <param name="rowCount">Number of output features to compute.</param>
    /// <param name="destination">Receives the products; other rows are untouched. Shape <c>[tokens, rows]</c>.</param>
    /// <param name="prepared">What <see cref="Reserve"/> returned, filled from <paramref name="source"/>; or null.</param>
    /// <exception cref="ArgumentException">The shapes disagree.</exception>
    void Multiply(ReadOnlySpan<float> source, int tokens, FloatWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared = null);
}
