using ILGPU;
using ILGPU.Runtime;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.RowQuantize;

/// <summary>Rounds tokens to codes: the kernels of <see cref="Kernels.RowQuantize.IRowQuantizeKernel"/>.</summary>
internal static class RowQuantizeKernels
{
    /// <summary>Finds the largest magnitude of one token a warp. Grid <c>[ceil(tokens / warps)]</c>, group <c>[warp size, warps]</c>.</summary>
    /// <param name="source">Activations. Shape <c>[tokens, columns]</c>.</param>
    /// <param name="tokens">Tokens.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="channels">Channels to leave out, rising. Shape <c>[count]</c>.</param>
    /// <param name="count">Number of channels to leave out.</param>
    /// <param name="absMax">Receives the magnitudes. Shape <c>[tokens]</c>.</param>
    public static void AbsMax(ArrayView<float> source, int tokens, int columns, ArrayView<int> channels, int count, ArrayView<float> absMax)
    {
        int asked = (Grid.IdxX * Group.DimY) + Group.IdxY, token = IntrinsicMath.Min(asked, tokens - 1);
        int largest = 0, next = 0;
        for (int c = Group.IdxX; c < columns; c += Warp.WarpSize)
        {
            while (next < count && channels[next] < c)
            {
                next++;
            }

            // Without their sign bits, floats are ordered as the integers of the same bits: numbers by magnitude, then infinity, then NaN.
            int magnitude = (int)(Interop.FloatAsInt(source[(token * (long)columns) + c]) & 0x7FFFFFFF);
            largest = next < count && channels[next] == c ? largest : IntrinsicMath.Max(largest, magnitude);
        }

        largest = WarpSum.Largest(largest);
        if (Group.IdxX == 0 && asked < tokens)
        {
            absMax[token] = Interop.IntAsFloat((uint)largest);
        }
    }

    /// <summary>Rounds four neighbouring values a thread. Index: every word of <paramref name="codes"/>.</summary>
    /// <param name="index">Word.</param>
    /// <param name="source">Activations. Shape <c>[tokens, columns]</c>.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="stride">Columns with padding, a multiple of 4.</param>
    /// <param name="qMax">Largest code magnitude.</param>
    /// <param name="scales">Step size of each token. Shape <c>[tokens]</c>.</param>
    /// <param name="codes">Receives the codes, four a word, and 0 behind the last column. Shape <c>[tokens, stride / 4]</c>.</param>
    public static void Round(LongIndex1D index, ArrayView<float> source, int columns, int stride, int qMax, ArrayView<float> scales, ArrayView<int> codes)
    {
        long token = index.X * 4 / stride;
        int first = (int)(index.X * 4 % stride), word = 0;
        for (int i = 0; i < 4; i++)
        {
            int code = first + i < columns ? Round(source[(token * columns) + first + i], scales[token], qMax) : 0;
            word |= (code & 0xFF) << (8 * i);
        }

        codes[index.X] = word;
    }

    /// <summary>Moves one preserved value a thread. Index: every place of <paramref name="preserved"/>.</summary>
    /// <param name="index">Place.</param>
    /// <param name="source">Activations. Shape <c>[tokens, columns]</c>.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="stride">Columns with padding.</param>
    /// <param name="channels">Preserved channels. Shape <c>[count]</c>.</param>
    /// <param name="count">Number of preserved channels.</param>
    /// <param name="codes">Becomes 0 at the preserved channels. Shape <c>[tokens, stride]</c>.</param>
    /// <param name="preserved">Receives the values. Shape <c>[tokens, count]</c>.</param>
    public static void Move(LongIndex1D index, ArrayView<float> source, int columns, int stride, ArrayView<int> channels, int count, ArrayView<sbyte> codes, ArrayView<float> preserved)
    {
        long token = index.X / count;
        int channel = channels[(int)(index.X % count)];
        codes[(token * stride) + channel] = 0;
        preserved[index.X] = source[(token * columns) + channel];
    }

    /// <summary>Computes <c>clamp(round(value / scale), -qMax, qMax)</c> with ties to even; a NaN becomes 0.</summary>
    private static int Round(float value, float scale, int qMax)
    {
        // OpenCL divides binary32 with an error of up to 2.5 units; through binary64 the quotient is the rounded one.
        float quotient = Accelerator.CurrentType == AcceleratorType.OpenCL ? (float)((double)value / scale) : value / scale;
        if (float.IsNaN(quotient))
        {
            return 0;
        }

        // What lies beyond qMax rounds beyond it; the rest has an integer part and an exact remainder.
        float clamped = IntrinsicMath.Max(IntrinsicMath.Min(quotient, qMax), -qMax);
        int whole = (int)clamped;
        float rest = clamped - whole;
        int away = rest < 0 ? -1 : 1;
        float distance = rest < 0 ? -rest : rest;
        return distance > 0.5f || (distance == 0.5f && (whole & 1) != 0) ? whole + away : whole;
    }
}
