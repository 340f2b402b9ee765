using ILGPU;
using OutlierQuant.Kernels.Ilgpu.CodeProduct.Formats;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.CodeProduct;

/// <summary>Activation codes × weight codes in groups that are not whole slices of 32 columns: right for every size, one code at a time.</summary>
internal static class CodeGroups
{
    /// <summary>Computes one row of one token a warp. Grid and group: <see cref="RowPlace"/>.</summary>
    public static void Multiply<TFormat>(CodeOperands o)
        where TFormat : struct, ICodeFormat
    {
        RowPlace place = new(o.FirstRow, o.EndRow);
        int token = place.Token, row = place.Row, lane = Group.IdxX;
        float scaled = 0;
        for (int group = lane; group < o.Groups; group += Warp.WarpSize)
        {
            int sum = 0;
            for (int c = group * o.GroupSize; c < IntrinsicMath.Min((group + 1) * o.GroupSize, o.Columns); c++)
            {
                int slice = c / 32, word = c % 32 / 4;
                int packed = o.Weights.Cast<int>()[(row * 4L * o.WordsPerRow) + (slice / TFormat.Fields * 8) + word];
                int x = o.Activations.Cast<int>()[(token * 4L * o.WordsPerToken) + (c / 4)];
                sum += ByteDot.Byte(TFormat.Codes(packed, slice % TFormat.Fields), c % 4) * ByteDot.Byte(x, c % 4);
            }

            scaled += o.WeightScales[(row * (long)o.Groups) + group] * sum;
        }

        scaled = WarpReduction.Sum(scaled);
        float side = WarpReduction.Sum(o.Side(token, row, lane, Warp.WarpSize));
        if (lane == 0)
        {
            o.Store(token, place.Asked, scaled, side);
        }
    }
}
