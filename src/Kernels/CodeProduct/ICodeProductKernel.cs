namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Multiplies activations by a weight matrix given as packed integer codes, with preserved input channels in float.</summary>
/// <remarks>
/// <para>For activation codes: <c>destination[t, r] = scale_x[t] · Σ_g scale_w[r, g] · (Σ_{c∈g} code_w[r, c] · code_x[t, c]) + Σ_{j} W[r, j] · x[t, j]</c>, where the
/// inner sum is an exact 32-bit integer sum, <c>g</c> runs over the groups of a row and <c>j</c> over the preserved channels.</para>
/// <para>For float activations: the same with <c>code_x · scale_x</c> replaced by the float value.</para>
/// <para>Integer sums are equal in every implementation; the float sums over groups and preserved channels stay within
/// <see cref="CodeProductTolerance"/> of the reference, which sums in binary64. One implementation gives the same bits for an element whatever
/// row range it is computed in. Activation codes are −127…127.</para>
/// </remarks>
public interface ICodeProductKernel
{
    /// <summary>Gets the number of rows that a split over threads should be a multiple of.</summary>
    int RowGranularity { get; }

    /// <summary>Says whether calls must come from a team's own threads: <see cref="Threading.WorkerTeam.Run"/> with <c>ownThreadsOnly</c>.</summary>
    /// <param name="format">Packing of the weight codes.</param>
    /// <param name="integerActivations">Whether the activations are codes.</param>
    /// <param name="tokens">Number of tokens of the call.</param>
    bool NeedsOwnThreads(WeightFormat format, bool integerActivations, int tokens);

    /// <summary>Names what multiplies a matrix, for tables: for example <c>int8×int8 avxvnni</c> or <c>float×int4 avx2</c>.</summary>
    /// <param name="weights">The whole matrix: format, groups and shape matter, values do not. Shape <c>[rows, columns]</c>.</param>
    /// <param name="integerActivations">Whether the activations are codes.</param>
    /// <param name="tokens">Number of tokens, positive.</param>
    string Describe(PackedWeights weights, bool integerActivations, int tokens);

    /// <summary>Reserves room for activation codes in the form that this kernel multiplies; null where it takes them as they lie.</summary>
    /// <remarks>A caller that splits the rows fills it once (<see cref="PreparedCodes.Fill"/>) and hands it to every call in <see cref="ActivationCodes.Prepared"/>;
    /// otherwise each call makes its own. The results are the same bits.</remarks>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="weights">The whole matrix. Shape <c>[rows, columns]</c>.</param>
    PreparedCodes? ReserveCodes(int tokens, PackedWeights weights);

    /// <summary>Computes some output features of every token from activation codes.</summary>
    /// <param name="source">Activation codes. Shape <c>[tokens, stride]</c>.</param>
    /// <param name="weights">The whole matrix. Shape <c>[rows, columns]</c>.</param>
    /// <param name="firstRow">First output feature to compute.</param>
    /// <param name="rowCount">Number of output features to compute.</param>
    /// <param name="destination">Receives the products; other rows are untouched. Shape <c>[tokens, rows]</c>.</param>
    /// <exception cref="ArgumentException">The shapes disagree.</exception>
    void Multiply(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination);

    /// <summary>Reserves room for float activations in the form that this kernel multiplies; null where it takes them as they lie.</summary>
    /// <remarks>A caller that splits the rows fills it once (<see cref="PreparedFloats.Fill"/>) and hands it to every call; otherwise each call makes its own.</remarks>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="weights">The whole matrix: its preserved channels stay out of the form. Shape <c>[rows, columns]</c>.</param>
    PreparedFloats? Reserve(int tokens, PackedWeights weights);

    /// <summary>Computes some output features of every token from float activations.</summary>
    /// <param name="source">Activations. The preserved channels are read from here. Shape <c>[tokens, columns]</c>.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="weights">The whole matrix. Shape <c>[rows, columns]</c>.</param>
    /// <param name="firstRow">First output feature to compute.</param>
    /// <param name="rowCount">Number of output features to compute.</param>
    /// <param name="destination">Receives the products; other rows are untouched. Shape <c>[tokens, rows]</c>.</param>
    /// <param name="prepared">What <see cref="Reserve"/> returned, filled from <paramref name="source"/>; or null.</param>
    /// <exception cref="ArgumentException">The shapes disagree.</exception>
    void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared = null);
}
