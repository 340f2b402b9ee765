using System.Numerics.Tensors;
using OutlierQuant.Models.Numerics;

namespace OutlierQuant.Eval.Scoring;

/// <summary>Scores the logits of one token. Logits are binary32, all sums binary64. The loss takes its exponentials in binary32, which moves it by less than
/// 1e-7 nats; a divergence, which may be that small itself, in binary64.</summary>
public static class SoftmaxRow
{
    /// <summary>Computes <c>−ln softmax(logits)[target]</c> in nats.</summary>
    /// <param name="logits">Shape <c>[vocabulary]</c>.</param>
    /// <param name="target">The token that came.</param>
    /// <returns>The loss, or NaN when any logit is NaN or infinite.</returns>
    public static double NegativeLogLikelihood(ReadOnlySpan<float> logits, int target)
    {
        if (!IsFinite(logits))
        {
            return double.NaN;
        }

        return LogSumExp(logits) - logits[target];
    }

    /// <summary>Compares a model's logits of one token with those of the full-precision model.</summary>
    /// <remarks><para><c>KL(p ‖ q) = Σ (p · (d − 1) + q)</c> with <c>d = ln p − ln q</c>. As p and q both sum to 1 this equals <c>Σ p · d</c>, but every summand is
    /// at least 0, so that a small divergence does not drown in the cancellation of large summands.</para>
    /// <para>Of equal largest logits the first counts.</para></remarks>
    /// <param name="reference">Logits of the full-precision model, finite. Shape <c>[vocabulary]</c>.</param>
    /// <param name="logits">Logits of the model in question. Shape <c>[vocabulary]</c>.</param>
    /// <param name="target">The token that came.</param>
    /// <param name="scratch">Overwritten. Shape <c>[2 · vocabulary]</c> or longer.</param>
    /// <returns>The comparison; its numbers are NaN when any of <paramref name="logits"/> is NaN or infinite.</returns>
    public static TokenDivergence Compare(ReadOnlySpan<float> reference, ReadOnlySpan<float> logits, int target, Span<double> scratch)
    {
        if (!IsFinite(logits))
        {
            return new TokenDivergence(double.NaN, double.NaN, false);
        }

        var p = scratch[..reference.Length];
        var q = scratch.Slice(reference.Length, reference.Length);
        var (pNorm, pSum) = Exponentiate(reference, p);
        var (qNorm, qSum) = Exponentiate(logits, q);
        var divergence = 0.0;
        for (var token = 0; token < p.Length; token++)
        {
            var difference = (double)reference[token] - logits[token] - (pNorm - qNorm);
            divergence += (p[token] / pSum * (difference - 1)) + (q[token] / qSum);
        }

        return new TokenDivergence(LogSumExp(logits) - logits[target], divergence, TensorPrimitives.IndexOfMax(reference) == TensorPrimitives.IndexOfMax(logits));
    }

    private static double LogSumExp(ReadOnlySpan<float> logits)
    {
        var largest = Softmax.Largest(logits);
        return largest + Math.Log(Softmax.Sum(logits, largest));
    }

    // A sum is several times as fast; one that is not finite may still be of numbers that are.
    private static bool IsFinite(ReadOnlySpan<float> logits) =>
        float.IsFinite(TensorPrimitives.Sum(logits)) || float.IsFinite(TensorPrimitives.MaxMagnitude(logits));

    /// <summary>Fills <paramref name="exponentials"/> with <c>e^(x − max)</c>, and returns <c>ln Σ e^x</c> and the sum of what was filled in.</summary>
    private static (double LogSumExp, double Sum) Exponentiate(ReadOnlySpan<float> logits, Span<double> exponentials)
    {
        var largest = (double)TensorPrimitives.Max(logits);
        TensorPrimitives.ConvertTruncating(logits, exponentials);
        TensorPrimitives.Subtract(exponentials, largest, exponentials);
        TensorPrimitives.Exp<double>(exponentials, exponentials);
        var sum = TensorPrimitives.Sum<double>(exponentials);
        return (largest + Math.Log(sum), sum);
    }
}
