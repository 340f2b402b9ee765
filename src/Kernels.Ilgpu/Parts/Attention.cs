using ILGPU;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>Scaled dot-product attention with online softmax: a warp goes over the keys that its query sees, one key a lane.</summary>
internal static class Attention
{
    // Shared memory for the weights of each warp's keys.
    private const int MostThreads = 1024;

    /// <summary>Attends for one query of one head a warp. Grid <c>[ceil(tokens · heads / warps)]</c>, group <c>[warp size, warps]</c>.</summary>
    public static void Attend(AttentionOperands o)
    {
        ArrayView<float> weights = SharedMemory.Allocate<float>(MostThreads);
        int firstWeight = Group.IdxY * Group.DimX, lane = Group.IdxX;
        RowPlace place = new(0, o.KeyValueHeads * o.Tokens * o.Group);

        // Queries lie by key and value head, then token, then head of the group.
        int pair = place.Row / (o.Tokens * o.Group), token = place.Row / o.Group % o.Tokens, head = (pair * o.Group) + (place.Row % o.Group);
        long query = place.Row * (long)o.HeadSize, cache = pair * (long)o.Capacity * o.HeadSize;
        long attended = ((token * (long)o.KeyValueHeads * o.Group) + head) * o.HeadSize;
        int position = o.FirstPosition + token, firstKey = IntrinsicMath.Max(0, position - (o.SlidingWindow - 1));
        float root = MathF.Sqrt(o.HeadSize), largest = float.NegativeInfinity, total = 0;
        for (int first = firstKey; first <= position; first += Warp.WarpSize)
        {
            int key = first + lane;
            float score = key <= position ? Dot(o, query, cache + (key * (long)o.HeadSize)) / root : float.NegativeInfinity;

            // NaN is no largest score; its exponential brings it back.
            float newLargest = Largest(score, largest);
            float weight = key <= position ? Real.Exp(score - newLargest) : 0;
            float shrink = largest == newLargest ? 1 : Real.Exp(largest - newLargest);
            total = (total * shrink) + WarpReduction.Sum(weight);
            weights[firstWeight + lane] = weight;
            Warp.Barrier();
            int count = IntrinsicMath.Min(Warp.WarpSize, position + 1 - first);
            for (int d = lane; d < o.HeadSize && place.Asked == place.Row; d += Warp.WarpSize)
            {
                // The sums so far are where the result goes: each lane has its own dimensions.
                float sum = first == firstKey ? 0 : o.Attended[attended + d] * shrink;
                for (int k = 0; k < count; k++)
                {
                    sum += weights[firstWeight + k] * o.Values[cache + ((first + k) * (long)o.HeadSize) + d];
                }

                o.Attended[attended + d] = sum;
            }

            largest = newLargest;
            Warp.Barrier();
        }

        for (int d = lane; d < o.HeadSize && place.Asked == place.Row; d += Warp.WarpSize)
        {
            o.Attended[attended + d] /= total;
        }
    }

    private static float Dot(AttentionOperands o, long query, long key)
    {
        float sum = 0;
        for (int d = 0; d < o.HeadSize; d++)
        {
            sum += o.Queries[query + d] * o.Keys[key + d];
        }

        return sum;
    }

    private static float Largest(float score, float largest)
    {
        largest = score > largest ? score : largest;
        for (int distance = Warp.WarpSize / 2; distance > 0; distance /= 2)
        {
            float other = Warp.ShuffleXor(largest, distance);
            largest = other > largest ? other : largest;
        }

        return largest;
    }
}
