namespace OutlierQuant.Eval.Certification;

/// <summary>The relative spread of a value update over queries.</summary>
/// <remarks>
/// <c>B = mean_t ‖u_t − ū‖ / ‖ū‖</c> with <c>u_t = Σ_{i ∈ C} p_ti v_i</c> and <c>ū = mean_t u_t</c>. Norms come from the inner products of the few values:
/// <c>‖Σ_i c_i v_i‖² = Σ_ij c_i c_j v_i · v_j</c>. Sums are binary64.
/// </remarks>
internal static class UpdateSpread
{
    /// <summary>Computes B; null where ū is 0.</summary>
    /// <param name="probabilities">Probabilities of the keys that may be sources. Shape <c>[queries, keys]</c>.</param>
    /// <param name="keys">Number of such keys.</param>
    /// <param name="values">Their values. Shape <c>[keys, headSize]</c>.</param>
    /// <param name="headSize">Width of a head.</param>
    /// <param name="sources">C: which keys. Shape <c>[sources]</c>.</param>
    public static double? Of(ReadOnlySpan<float> probabilities, int keys, ReadOnlySpan<float> values, int headSize, ReadOnlySpan<int> sources)
    {
        var count = sources.Length;
        var queries = probabilities.Length / keys;
        Span<double> products = stackalloc double[count * count];
        Span<double> means = stackalloc double[count];
        Span<double> centred = stackalloc double[count];
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var product = 0.0;
                for (var k = 0; k < headSize; k++)
                {
                    product += (double)values[(sources[i] * headSize) + k] * values[(sources[j] * headSize) + k];
                }

                products[(i * count) + j] = products[(j * count) + i] = product;
            }

            for (var query = 0; query < queries; query++)
            {
                means[i] += (double)probabilities[(query * keys) + sources[i]] / queries;
            }
        }

        var size = Norm(means, products);
        if (size == 0)
        {
            return null;
        }

        var spread = 0.0;
        for (var query = 0; query < queries; query++)
        {
            for (var i = 0; i < count; i++)
            {
                centred[i] = probabilities[(query * keys) + sources[i]] - means[i];
            }

            spread += Norm(centred, products);
        }

        return spread / queries / size;
    }

    /// <summary>The norm of a sum of values with coefficients; rounding may make its square a little negative where it is 0.</summary>
    private static double Norm(ReadOnlySpan<double> coefficients, ReadOnlySpan<double> products)
    {
        var square = 0.0;
        for (var i = 0; i < coefficients.Length; i++)
        {
            for (var j = 0; j < coefficients.Length; j++)
            {
                square += coefficients[i] * coefficients[j] * products[(i * coefficients.Length) + j];
            }
        }

        return Math.Sqrt(Math.Max(square, 0));
    }
}
