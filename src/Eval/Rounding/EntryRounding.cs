using System.Numerics.Tensors;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Rounding;

/// <summary>Rounds the entries of activations as quantized linears and the residual quantizer do: <c>scale · clamp(round(x / scale), −qMax, qMax)</c>, half to even, true division.</summary>
internal static class EntryRounding
{
    private const float SmallestNormal = 1.17549435E-38f;

    /// <summary>Computes the step between codes for a largest magnitude, <c>absMax / qMax</c>; 1 where that is not a normal number, as for values that are all zero.</summary>
    /// <param name="absMax">Largest magnitude, finite.</param>
    /// <param name="qMax">Largest code.</param>
    public static float Scale(float absMax, int qMax) => absMax / qMax is >= SmallestNormal and var scale ? scale : 1;

    /// <summary>Rounds with one scale.</summary>
    /// <param name="values">Finite values. Shape <c>[any]</c>.</param>
    /// <param name="scale">Step between codes, positive.</param>
    /// <param name="qMax">Largest code.</param>
    /// <param name="rounded">Receives the rounded values. As many.</param>
    public static void Round(ReadOnlySpan<float> values, float scale, int qMax, Span<float> rounded)
    {
        for (var i = 0; i < values.Length; i++)
        {
            rounded[i] = scale * Math.Clamp(MathF.Round(values[i] / scale), -qMax, qMax);
        }
    }

    /// <summary>Rounds the input of a linear.</summary>
    /// <param name="values">Finite values. Shape <c>[tokens, columns]</c>.</param>
    /// <param name="columns">Input features.</param>
    /// <param name="rule">How; not float, and without excluded channels.</param>
    /// <param name="rounded">Receives the rounded values. Shape <c>[tokens, columns]</c>.</param>
    public static void Round(ReadOnlySpan<float> values, int columns, ActivationQuantization rule, Span<float> rounded)
    {
        var length = rule.Granularity == ActivationGranularity.Token ? columns : values.Length;
        for (var first = 0; first < values.Length; first += length)
        {
            var unit = values.Slice(first, length);
            var scale = rule.Granularity == ActivationGranularity.TensorStatic ? rule.StaticScale : Scale(Math.Abs(TensorPrimitives.MaxMagnitude(unit)), rule.QMax);
            Round(unit, scale, rule.QMax, rounded.Slice(first, length));
        }
    }
}
