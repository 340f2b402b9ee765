using ILGPU;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>Scaled dot-product attention with online softmax: a warp goes over a segment of the keys that its query sees, one key a lane; then segments' sums are put together.</summary>
internal static class Attention
{
    private const int Segment = DeviceAttention.Segment;

    // Shared memory for the weights of each warp's keys.
    private const int MostThreads = 1024;

    /// <summary>Sums the keys of a segment for one query of one head a warp. Grid <c>[ceil(rows / warps) · segments]</c>, group <c>[warp size, warps]</c>; <see cref="RowPlace.Token"/> is the segment.</summary>
    public static void SumSegment(AttentionOperands o)
    {
        ArrayView<float> weights = SharedMemory.Allocate<float>(MostThreads);
        int firstWeight = Group.IdxY * Group.DimX, lane = Group.IdxX;
        RowPlace place = new(o.FirstRow, o.EndRow);
        AttentionRow row = new(o, place.Row);
        int segment = o.FirstSegment + place.Token;
        long partial = (((place.Row - o.FirstRow) * (long)o.Segments) + place.Token) * (o.HeadSize + 2);
        int firstKey = IntrinsicMath.Max(row.FirstKey, segment * Segment), endKey = IntrinsicMath.Min(row.Position + 1, (segment + 1) * Segment);
        float root = MathF.Sqrt(o.HeadSize), largest = float.NegativeInfinity, total = 0;
        for (int first = firstKey; first < endKey; first += Warp.WarpSize)
        {
            int key = first + lane;
            float score = key < endKey ? Dot(o, row.Query, row.Cache + (key * (long)o.HeadSize)) / root : float.NegativeInfinity;

            // NaN is no largest score; its exponential brings it back. Scores of −∞ weigh nothing, also before any other is seen.
            float newLargest = Largest(score, largest);
            float weight = key < endKey ? Real.Exp(score - (newLargest == float.NegativeInfinity ? 0 : newLargest)) : 0;
            float shrink = Shrink(largest, newLargest);
            total = (total * shrink) + WarpReduction.Sum(weight);
            weights[firstWeight + lane] = weight;
            Warp.Barrier();
            int count = IntrinsicMath.Min(Warp.WarpSize, endKey - first);
            for (int d = lane; d < o.HeadSize && place.Asked == place.Row; d += Warp.WarpSize)
            {
                // The sums so far are where the result goes: each lane has its own dimensions.
                float sum = first == firstKey ? 0 : o.Partials[partial + d] * shrink;
                for (int k = 0; k < count; k++)
                {
                    sum += weights[firstWeight + k] * o.Values[row.Cache + ((first + k) * (long)o.HeadSize) + d];
                }

                o.Partials[partial + d] = sum;
            }

            largest = newLargest;
            Warp.Barrier();
        }

        if (lane == 0 && place.Asked == place.Row)
        {
            o.Partials[partial + o.HeadSize] = largest;
            o.Partials[partial + o.HeadSize + 1] = total;
        }
    }

    /// <summary>Puts the sums of the segments that a query sees together, one after the other. One thread a value.</summary>
    public static void MergeSegments(AttentionOperands o)
    {
        long i = Grid.LongGlobalIndex.X;
        if (i >= (o.EndRow - o.FirstRow) * (long)o.HeadSize)
        {
            return;
        }

        int row = (int)(i / o.HeadSize), d = (int)(i % o.HeadSize);
        AttentionRow place = new(o, o.FirstRow + row);
        float largest = float.NegativeInfinity, total = 0, sum = 0;
        for (int segment = place.FirstKey / Segment; segment <= place.Position / Segment; segment++)
        {
            long partial = ((row * (long)o.Segments) + segment - o.FirstSegment) * (o.HeadSize + 2);
            float segmentLargest = o.Partials[partial + o.HeadSize], newLargest = segmentLargest > largest ? segmentLargest : largest;
            float before = Shrink(largest, newLargest), now = Shrink(segmentLargest, newLargest);
            total = (total * before) + (o.Partials[partial + o.HeadSize + 1] * now);
            sum = (sum * before) + (o.Partials[partial + d] * now);
            largest = newLargest;
        }

        o.Attended[place.Attended + d] = sum / total;
    }

    /// <summary>What sums that were made with the largest score are multiplied by where another is the largest.</summary>
    private static float Shrink(float largest, float newLargest) => largest == newLargest ? 1 : Real.Exp(largest - newLargest);

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
