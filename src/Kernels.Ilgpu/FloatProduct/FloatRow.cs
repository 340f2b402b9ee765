using ILGPU;
using OutlierQuant.Kernels.Ilgpu.FloatProduct.Weights;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.FloatProduct;

/// <summary>Float activations × any weights for few tokens: neighbouring lanes read neighbouring columns.</summary>
internal static class FloatRow
{
    /// <summary>Computes one row of one token a warp. Grid <c>[ceil(rows / warps), tokens]</c>, group <c>[warp size, warps]</c>.</summary>
    public static void Multiply<TWeight>(FloatOperands o)
        where TWeight : struct, IWeight
    {
        int token = Grid.IdxY, lane = Group.IdxX;
        int asked = o.FirstRow + (Grid.IdxX * Group.DimY) + Group.IdxY;

        // A warp without a row repeats the last one and stores nothing.
        int row = IntrinsicMath.Min(asked, o.EndRow - 1);
        float sum = 0;
        for (int c = lane; c < o.Columns; c += Warp.WarpSize)
        {
            sum += TWeight.At(o, row, c) * o.Activations[(token * (long)o.ActivationStride) + c];
        }

        sum = WarpSum.Of(sum + o.Side(token, row, lane, Warp.WarpSize));
        if (lane == 0)
        {
            o.Store(token, asked, sum);
        }
    }
}
