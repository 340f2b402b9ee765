using ILGPU;
using OutlierQuant.Kernels.Ilgpu.FloatProduct.Weights;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.FloatProduct;

/// <summary>Float activations × any weights for few tokens: neighbouring lanes read neighbouring columns.</summary>
internal static class FloatRow
{
    /// <summary>Computes one row of one token a warp. Grid and group: <see cref="RowPlace"/>.</summary>
    public static void Multiply<TWeight>(FloatOperands o)
        where TWeight : struct, IWeight
    {
        RowPlace place = new(o.FirstRow, o.EndRow);
        int token = place.Token, row = place.Row, lane = Group.IdxX;
        float sum = 0;
        for (int c = lane; c < o.Columns; c += Warp.WarpSize)
        {
            sum += TWeight.At(o, row, c) * o.Activations[(token * (long)o.ActivationStride) + c];
        }

        sum = WarpReduction.Sum(sum + o.Side(token, row, lane, Warp.WarpSize));
        if (lane == 0)
        {
            o.Store(token, place.Asked, sum);
        }
    }
}
