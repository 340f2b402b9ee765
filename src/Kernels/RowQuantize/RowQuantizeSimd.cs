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

    // Max propagates NaN, so a lane that met one stays NaN, and so does the largest of the lanes.
    private static float AbsMax(ReadOnlySpan<float> run)
    {
        ref float v = ref MemoryMarshal.GetReference(run);
        nuint i = 0, length = (nuint)run.Length;
        Vector128<float> lanes = Vector128<float>.Zero;
        if (Vector512.IsHardwareAccelerated && length >= 16)
        {
            Vector512<float> wide = Vector512<float>.Zero;
            for (; i + 16 <= length; i += 16)
            {
                wide = Vector512.Max(wide, Vector512.Abs(Vector512.LoadUnsafe(ref v, i)));
            }

            Vector256<float> half = Vector256.Max(wide.GetLower(), wide.GetUpper());
            lanes = Vector128.Max(half.GetLower(), half.GetUpper());
        }

        if (Vector256.IsHardwareAccelerated && i + 8 <= length)
        {
            Vector256<float> wide = Vector256<float>.Zero;
            for (; i + 8 <= length; i += 8)
            {
                wide = Vector256.Max(wide, Vector256.Abs(Vector256.LoadUnsafe(ref v, i)));
            }

            lanes = Vector128.Max(lanes, Vector128.Max(wide.GetLower(), wide.GetUpper()));
        }

        if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 4 <= length; i += 4)
            {
                lanes = Vector128.Max(lanes, Vector128.Abs(Vector128.LoadUnsafe(ref v, i)));
            }
        }

        float absMax = MathF.Max(MathF.Max(lanes[0], lanes[1]), MathF.Max(lanes[2], lanes[3]));
        for (; i < length; i++)
        {
            absMax = MathF.Max(absMax, MathF.Abs(run[(int)i]));
        }

        return absMax;
    }
}
