using ILGPU;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>What is found among many values. One group a slice of them: grid <c>[slices]</c>, group <c>[warp size, warps]</c>.</summary>
internal static class Search
{
    // Shared memory for what each thread of a group finds.
    private const int MostThreads = 1024;

    /// <summary>Finds the largest value of a slice, NaN if any is NaN, and its first index.</summary>
    public static void FindLargest(SearchOperands o)
    {
        ArrayView<float> values = SharedMemory.Allocate<float>(MostThreads);
        ArrayView<int> places = SharedMemory.Allocate<int>(MostThreads);
        int thread = (Group.IdxY * Group.DimX) + Group.IdxX, threads = Group.DimX * Group.DimY;
        int first = Grid.IdxX * DeviceSlices.Length, end = IntrinsicMath.Min(first + DeviceSlices.Length, o.Count);

        // A thread without a value repeats the last one.
        int index = IntrinsicMath.Min(first + thread, end - 1);
        float largest = o.Values[index];
        for (int i = first + thread + threads; i < end; i += threads)
        {
            float value = o.Values[i];
            if (value > largest || float.IsNaN(value))
            {
                largest = value;
                index = i;
            }
        }

        values[thread] = largest;
        places[thread] = index;
        Group.Barrier();
        if (thread == 0)
        {
            for (int other = 1; other < threads; other++)
            {
                float value = values[other];
                int place = places[other];
                if (value > largest || float.IsNaN(value) || (value == largest && place < index))
                {
                    largest = value;
                    index = place;
                }
            }

            o.Found[2 * Grid.IdxX] = (int)Interop.FloatAsInt(largest);
            o.Found[(2 * Grid.IdxX) + 1] = index;
        }
    }

    /// <summary>Adds up the exponentials of a slice, and counts its candidates.</summary>
    public static void SumExponentials(SearchOperands o)
    {
        ArrayView<float> warps = SharedMemory.Allocate<float>(GroupSum.MostWarps);
        int thread = (Group.IdxY * Group.DimX) + Group.IdxX, threads = Group.DimX * Group.DimY;
        int first = Grid.IdxX * DeviceSlices.Length, end = IntrinsicMath.Min(first + DeviceSlices.Length, o.Count);
        float sum = 0, candidates = 0;
        for (int i = first + thread; i < end; i += threads)
        {
            float value = o.Values[i];
            sum += Real.Exp(Real.Divide(value - o.Largest, o.Temperature));
            candidates += value >= o.Least ? 1 : 0;
        }

        sum = GroupSum.Of(sum, warps);
        candidates = GroupSum.Of(candidates, warps);
        if (thread == 0)
        {
            o.Found[2 * Grid.IdxX] = (int)Interop.FloatAsInt(sum);
            o.Found[(2 * Grid.IdxX) + 1] = (int)candidates;
        }
    }

    /// <summary>Lists the candidates of a slice behind those of the slices before, which <see cref="SumExponentials"/> counted.</summary>
    public static void ListCandidates(SearchOperands o)
    {
        ArrayView<int> counts = SharedMemory.Allocate<int>(MostThreads);
        int thread = (Group.IdxY * Group.DimX) + Group.IdxX, threads = Group.DimX * Group.DimY;

        // A thread has neighbouring values, so that indices rise.
        int share = (DeviceSlices.Length + threads - 1) / threads, start = Grid.IdxX * DeviceSlices.Length;
        int first = start + (thread * share), end = IntrinsicMath.Min(IntrinsicMath.Min(first + share, start + DeviceSlices.Length), o.Count);
        int candidates = 0;
        for (int i = first; i < end; i++)
        {
            candidates += o.Values[i] >= o.Least ? 1 : 0;
        }

        counts[thread] = candidates;
        Group.Barrier();
        int place = 0;
        for (int slice = 0; slice < Grid.IdxX; slice++)
        {
            place += o.Found[(2 * slice) + 1];
        }

        for (int other = 0; other < thread; other++)
        {
            place += counts[other];
        }

        for (int i = first; i < end; i++)
        {
            float value = o.Values[i];
            if (value >= o.Least)
            {
                if (place < o.Room)
                {
                    o.Found[2 * (o.Slices + place)] = i;
                    o.Found[(2 * (o.Slices + place)) + 1] = (int)Interop.FloatAsInt(value);
                }

                place++;
            }
        }
    }
}
