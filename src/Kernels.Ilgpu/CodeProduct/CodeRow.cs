using ILGPU;
using ILGPU.Runtime;
using OutlierQuant.Kernels.Ilgpu.CodeProduct.Formats;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.CodeProduct;

/// <summary>Activation codes × weight codes for few tokens: a warp reads a packed row once, 16 bytes a lane.</summary>
internal static class CodeRow
{
    /// <summary>Computes one row of one token a warp. Grid and group: <see cref="RowPlace"/>.</summary>
    public static void Multiply<TFormat>(CodeOperands o)
        where TFormat : struct, ICodeFormat
    {
        RowPlace place = new(o.FirstRow, o.EndRow);
        int token = place.Token, row = place.Row, lane = Group.IdxX;
        ArrayView<Words> weights = o.Weights.AsAligned(Words.Bytes), activations = o.Activations.AsAligned(Words.Bytes);
        int whole = 0;
        float scaled = 0;
        for (int i = lane; i < o.WordsPerRow; i += Warp.WarpSize)
        {
            // Two times 16 bytes are a block; 16 bytes hold 16 columns of each of its slices.
            Words packed = weights[(row * (long)o.WordsPerRow) + i];
            int firstColumn = (i / 2 * 32 * TFormat.Fields) + (i % 2 * 16);
            for (int field = 0; field < TFormat.Fields; field++)
            {
                int column = firstColumn + (32 * field);
                if (column < o.Columns)
                {
                    Words x = activations[(token * (long)o.WordsPerToken) + (column / 16)];
                    Words w = new()
                    {
                        A = TFormat.Codes(packed.A, field),
                        B = TFormat.Codes(packed.B, field),
                        C = TFormat.Codes(packed.C, field),
                        D = TFormat.Codes(packed.D, field),
                    };
                    int sum = ByteDot.Add(w, x, 0);
                    if (o.Groups == 1)
                    {
                        whole += sum;
                    }
                    else
                    {
                        scaled += o.WeightScales[(row * (long)o.Groups) + (column / o.GroupSize)] * sum;
                    }
                }
            }
        }

        // A row with one scale is summed in integers to its end, and rounded once.
        scaled = o.Groups == 1 ? o.WeightScales[row] * WarpReduction.Sum(whole) : WarpReduction.Sum(scaled);
        float side = WarpReduction.Sum(o.Side(token, row, lane, Warp.WarpSize));
        if (lane == 0)
        {
            o.Store(token, place.Asked, scaled, side);
        }
    }
}
