using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.Rounding;

namespace OutlierQuant.Kernels.RowQuantize;

/// <summary>Row quantization with vectors. Preserved channels are few: they cut the row into runs, or are mended afterwards.</summary>
public sealed class RowQuantizeSimd : IRowQuantizeKernel
{
    /// <inheritdoc/>
    public float AbsMax(ReadOnlySpan<float> row, ReadOnlySpan<int> preservedChannels)
    {
        RowQuantizeShape.Check(row, preservedChannels);
        float absMax = 0;
        int first = 0;
        foreach (int channel in preservedChannels)
        {
            absMax = MathF.Max(absMax, AbsMax(row[first..channel]));
            first = channel + 1;
        }

        return MathF.Max(absMax, AbsMax(row[first..]));
    }

    /// <inheritdoc/>
    public void Quantize(ReadOnlySpan<float> row, ReadOnlySpan<int> preservedChannels, float scale, int qMax, Span<sbyte> codes, Span<float> preserved)
    {
        RowQuantizeShape.Check(row, preservedChannels, scale, qMax, codes, preserved);
        SymmetricRow.Round(row, scale, qMax, codes[..row.Length]);
        codes[row.Length..].Clear();
        for (int j = 0; j < preservedChannels.Length; j++)
        {
            codes[preservedChannels[j]] = 0;
            preserved[j] = row[preservedChannels[j]];
        }
    }

    // Without their sign bits, floats are ordered as the integers of the same bits: numbers by magnitude, then infinity, then NaN. So the largest integer
    // is the largest magnitude, and NaN if there is one.
    private static float AbsMax(ReadOnlySpan<float> run)
    {
        ref int bits = ref Unsafe.As<float, int>(ref MemoryMarshal.GetReference(run));
        nuint i = 0, length = (nuint)run.Length;
        Vector128<int> lanes = Vector128<int>.Zero;
        if (Vector512.IsHardwareAccelerated && length >= 16)
        {
            Vector512<int> wide = Vector512<int>.Zero;
            for (; i + 16 <= length; i += 16)
            {
                wide = Vector512.Max(wide, Vector512.LoadUnsafe(ref bits, i) & Vector512.Create(int.MaxValue));
            }

            Vector256<int> half = Vector256.Max(wide.GetLower(), wide.GetUpper());
            lanes = Vector128.Max(half.GetLower(), half.GetUpper());
        }

        if (Vector256.IsHardwareAccelerated && i + 8 <= length)
        {
            Vector256<int> wide = Vector256<int>.Zero;
            for (; i + 8 <= length; i += 8)
            {
                wide = Vector256.Max(wide, Vector256.LoadUnsafe(ref bits, i) & Vector256.Create(int.MaxValue));
            }

            lanes = Vector128.Max(lanes, Vector128.Max(wide.GetLower(), wide.GetUpper()));
        }

        if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 4 <= length; i += 4)
            {
                lanes = Vector128.Max(lanes, Vector128.LoadUnsafe(ref bits, i) & Vector128.Create(int.MaxValue));
            }
        }

        int absMax = Math.Max(Math.Max(lanes[0], lanes[1]), Math.Max(lanes[2], lanes[3]));
        for (; i < length; i++)
        {
            absMax = Math.Max(absMax, Unsafe.Add(ref bits, i) & int.MaxValue);
        }

        return BitConverter.Int32BitsToSingle(absMax);
    }
}
