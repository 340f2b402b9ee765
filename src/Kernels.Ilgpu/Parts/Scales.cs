using ILGPU;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>Scales of tokens from their largest magnitudes.</summary>
internal static class Scales
{
    /// <summary>Finds the scales of all tokens with one warp. Grid <c>[1]</c>, group <c>[warp size]</c>.</summary>
    public static void Find(ScaleOperands o)
    {
        int largest = 0;
        for (int t = Group.IdxX; t < o.Count; t += Warp.WarpSize)
        {
            float magnitude = o.Largest[t], scale = o.Rule == DeviceScaleRule.Static ? o.StaticScale : Real.Divide(o.Counted[t], o.QMax);

            // What is not finite minus itself is NaN.
            float difference = magnitude - magnitude;
            scale = difference == 0 ? scale : difference;
            o.Results[t] = scale == 0 ? 1 : scale;

            // Without their sign bits, floats are ordered as integers, NaN above all.
            largest = IntrinsicMath.Max(largest, (int)(Interop.FloatAsInt(scale) & 0x7FFFFFFF));
        }

        largest = WarpReduction.Max(largest);
        if (o.Rule == DeviceScaleRule.Tensor)
        {
            float shared = largest == 0 ? 1 : Interop.IntAsFloat((uint)largest);
            for (int t = Group.IdxX; t < o.Count; t += Warp.WarpSize)
            {
                o.Results[t] = shared;
            }
        }
    }
}
