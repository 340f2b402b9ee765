using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Models.Numerics;

/// <summary>Applies an <see cref="ILanewise"/> to every element of a span; the bits do not depend on length or address.</summary>
internal static class Lanewise
{
    /// <summary>Computes <c>target[i] = f(target[i]) · factor[i]</c>.</summary>
    /// <param name="target">What f is applied to; receives the result. Shape [count].</param>
    /// <param name="factor">What f is multiplied by; empty for 1. Shape [count] or [0].</param>
    public static void Apply<TFunction>(Span<float> target, ReadOnlySpan<float> factor)
        where TFunction : struct, ILanewise
    {
        int lanes = Vector256<float>.Count;
        ref float x = ref MemoryMarshal.GetReference(target);
        ref float y = ref MemoryMarshal.GetReference(factor);
        int whole = target.Length - (target.Length % lanes);
        for (nuint i = 0; i < (nuint)whole; i += (nuint)lanes)
        {
            Vector256<float> value = TFunction.Invoke(Vector256.LoadUnsafe(ref x, i));
            (factor.IsEmpty ? value : value * Vector256.LoadUnsafe(ref y, i)).StoreUnsafe(ref x, i);
        }

        if (whole < target.Length)
        {
            Span<float> rest = stackalloc float[lanes];
            target[whole..].CopyTo(rest);
            Vector256<float> value = TFunction.Invoke(Vector256.Create<float>(rest));
            for (int i = whole; i < target.Length; i++)
            {
                target[i] = factor.IsEmpty ? value[i - whole] : value[i - whole] * factor[i];
            }
        }
    }
}
