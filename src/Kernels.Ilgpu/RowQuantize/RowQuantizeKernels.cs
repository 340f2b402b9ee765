using ILGPU;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.RowQuantize;

/// <summary>Rounds tokens to codes: the kernels of <see cref="Kernels.RowQuantize.IRowQuantizeKernel"/>.</summary>
internal static class RowQuantizeKernels
{
    /// <summary>Finds the largest magnitude of one token a warp. Grid <c>[ceil(tokens / warps)]</c>, group <c>[warp size, warps]</c>.</summary>
    public static void AbsMax(TokenOperands o)
    {
        int asked = (Grid.IdxX * Group.DimY) + Group.IdxY, token = IntrinsicMath.Min(asked, o.Tokens - 1);
        int largest = 0, next = 0;
        for (int c = Group.IdxX; c < o.Columns; c += Warp.WarpSize)
        {
            while (next < o.Preserved && o.Channels[next] < c)
            {
                next++;
            }

            // Without their sign bits, floats are ordered as the integers of the same bits: numbers by magnitude, then infinity, then NaN.
            int magnitude = (int)(Interop.FloatAsInt(o.Source[(token * (long)o.Columns) + c]) & 0x7FFFFFFF);
            bool isLeftOut = next < o.Preserved && o.Channels[next] == c;
            largest = isLeftOut ? largest : IntrinsicMath.Max(largest, magnitude);
        }

        largest = WarpReduction.Max(largest);
        if (Group.IdxX == 0 && asked < o.Tokens)
        {
            o.Scales[token] = Interop.IntAsFloat((uint)largest);
        }
    }

    /// <summary>Rounds four neighbouring values a thread, and writes 0 behind the last column. One thread for every word of codes.</summary>
    public static void Round(TokenOperands o)
    {
        long word = Grid.LongGlobalIndex.X;
        if (word < o.Tokens * (long)o.Stride / 4)
        {
            long token = word * 4 / o.Stride;
            int first = (int)(word * 4 % o.Stride), codes = 0;
            for (int i = 0; i < 4; i++)
            {
                int code = first + i < o.Columns ? Round(o.Source[(token * o.Columns) + first + i], o.Scales[token], o.QMax) : 0;
                codes |= (code & 0xFF) << (8 * i);
            }

            o.Codes[word] = codes;
        }
    }

    /// <summary>Moves one preserved value a thread out of the codes, which become 0 there. One thread for every preserved activation.</summary>
    public static void Preserve(TokenOperands o)
    {
        long index = Grid.LongGlobalIndex.X;
        if (index < o.Tokens * (long)o.Preserved)
        {
            long token = index / o.Preserved;
            int channel = o.Channels[index % o.Preserved];
            o.Codes.Cast<sbyte>()[(token * o.Stride) + channel] = 0;
            o.PreservedActivations[index] = o.Source[(token * o.Columns) + channel];
        }
    }

    /// <summary>Computes <c>clamp(round(value / scale), -qMax, qMax)</c> with ties to even; a NaN becomes 0.</summary>
    internal static int Round(float value, float scale, int qMax)
    {
        float quotient = Real.Divide(value, scale);
        if (float.IsNaN(quotient))
        {
            return 0;
        }

        // ILGPU's XMath.RoundToEven takes 1.5 to 1 on CUDA devices. What lies beyond qMax rounds beyond it; the rest has an integer part and an exact remainder.
        float clamped = IntrinsicMath.Max(IntrinsicMath.Min(quotient, qMax), -qMax);
        int whole = (int)clamped;
        float rest = clamped - whole;
        int away = rest < 0 ? -1 : 1;
        float distance = rest < 0 ? -rest : rest;
        return distance > 0.5f || (distance == 0.5f && (whole & 1) != 0) ? whole + away : whole;
    }
}
