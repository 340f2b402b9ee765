using ILGPU;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>Scales of tokens from their largest magnitudes, and the largest of all values. One group each.</summary>
internal static class Scales
{
    // Shared memory for what each thread of a group finds.
    private const int MostThreads = 1024;

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

    /// <summary>Finds the largest value and its first index. Grid <c>[1]</c>, group <c>[threads]</c>.</summary>
    public static void FindLargest(ScaleOperands o)
    {
        ArrayView<float> values = SharedMemory.Allocate<float>(MostThreads);
        ArrayView<int> places = SharedMemory.Allocate<int>(MostThreads);
        float largest = float.NegativeInfinity;
        int index = int.MaxValue;
        for (int i = Group.IdxX; i < o.Count; i += Group.DimX)
        {
            float value = o.Largest[i];

            // −1 marks a NaN, which nothing replaces.
            if (index >= 0 && (value > largest || index == int.MaxValue || float.IsNaN(value)))
            {
                largest = value;
                index = float.IsNaN(value) ? -1 : i;
            }
        }

        values[Group.IdxX] = largest;
        places[Group.IdxX] = index;
        Group.Barrier();
        if (Group.IdxX == 0)
        {
            for (int thread = 1; thread < Group.DimX; thread++)
            {
                float value = values[thread];
                int place = places[thread];
                if (index >= 0 && (place < 0 || value > largest || (value == largest && place < index)))
                {
                    largest = value;
                    index = place;
                }
            }

            o.Found[0] = (int)Interop.FloatAsInt(largest);
            o.Found[1] = IntrinsicMath.Max(index, 0);
        }
    }
}
