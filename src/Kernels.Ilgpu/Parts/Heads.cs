using ILGPU;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>Copies heads to their places, normalized and rotated.</summary>
internal static class Heads
{
    /// <summary>Places one head of one token a warp. Grid <c>[ceil(tokens · heads / warps)]</c>, group <c>[warp size, warps]</c>.</summary>
    public static void Place(HeadOperands o)
    {
        RowPlace place = new(0, o.Tokens * o.HeadCount);
        int token = place.Row / o.HeadCount, head = place.Row % o.HeadCount;
        long from = (token * (long)o.SourceStride) + o.SourceOffset + (head * (long)o.HeadSize);
        long to = ((head / o.Group * (long)o.OuterStride) + o.FirstRow + (token * (long)o.Group) + (head % o.Group)) * o.HeadSize;
        float divisor = 1;
        if (o.HasNorm != 0)
        {
            float squares = 0;
            for (int i = Group.IdxX; i < o.HeadSize; i += Warp.WarpSize)
            {
                squares += o.Source[from + i] * o.Source[from + i];
            }

            divisor = MathF.Sqrt((WarpReduction.Sum(squares) / o.HeadSize) + o.Epsilon);
        }

        // A warp without a head has computed along with the others, and stores nothing.
        if (place.Asked != place.Row)
        {
            return;
        }

        int half = o.HeadSize / 2, count = o.IsRotated != 0 ? half : o.HeadSize;
        for (int i = Group.IdxX; i < count; i += Warp.WarpSize)
        {
            float low = Value(o, from, i, divisor);
            if (o.IsRotated == 0)
            {
                o.Destination[to + i] = low;
            }
            else
            {
                float high = Value(o, from, i + half, divisor);
                float cosine = o.Rotations[(token * (long)o.HeadSize) + i], sine = o.Rotations[(token * (long)o.HeadSize) + half + i];
                o.Destination[to + i] = (low * cosine) - (high * sine);
                o.Destination[to + half + i] = (high * cosine) + (low * sine);
            }
        }
    }

    private static float Value(HeadOperands o, long from, int i, float divisor) => o.HasNorm != 0 ? o.Source[from + i] / divisor * o.Gain[i] : o.Source[from + i];
}
