using ILGPU;
using ILGPU.Runtime;
using OutlierQuant.Kernels.Ilgpu.CodeProduct.Formats;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.FloatProduct;

/// <summary>Float activations × weight codes for many tokens on tensor cores: codes are binary16 numbers exactly, activations sums of two (<see cref="HalfParts"/>).</summary>
internal static class FloatTensor
{
    // 128 bytes of binary16 numbers.
    private const int Depth = 64, SliceColumns = 16, Side = TensorSums.GroupSide, Threads = TensorSums.Lanes * TensorSums.Warps;

    /// <summary>Computes 64 tokens × 64 rows a group. Grid <c>[ceil(rows / 64), ceil(tokens / 64)]</c>, group <c>[32, 4]</c>.</summary>
    public static void Multiply<TFormat>(FloatOperands o)
        where TFormat : struct, ICodeFormat
    {
        ArrayView<Words> part0 = SharedMemory.Allocate<Words>(Side * TensorFragments.RowWords), part1 = SharedMemory.Allocate<Words>(Side * TensorFragments.RowWords);
        ArrayView<Words> rows = SharedMemory.Allocate<Words>(Side * TensorFragments.RowWords);
        int lane = Group.IdxX, warpToken = TensorSums.Side * (Group.IdxY / 2), warpRow = TensorSums.Side * (Group.IdxY % 2);
        int firstRow = o.FirstRow + (Grid.IdxX * Side), firstToken = Grid.IdxY * Side;
        bool isNeeded = firstToken + warpToken < o.Tokens && firstRow + warpRow < o.EndRow;
        TensorSums sums = TensorSums.Start();
        int group = 0, groupEnd = IntrinsicMath.Min(o.GroupSize, o.Columns);
        for (int first = 0; first < o.Columns; first += Depth)
        {
            LoadTokens(o, 0, firstToken, first, part0);
            LoadTokens(o, 1, firstToken, first, part1);
            LoadRows<TFormat>(o, firstRow, first, rows);
            Group.Barrier();

            // Parts differ in scale, so each is summed for itself: over these columns, or to the end of a group.
            int nextGroup = group, nextEnd = groupEnd;
            for (int part = 0; part < 2; part++)
            {
                ArrayView<Words> tokens = part == 0 ? part0 : part1;
                (nextGroup, nextEnd) = (group, groupEnd);
                for (int slice = 0; isNeeded && slice < 4 && first + (SliceColumns * slice) < o.Columns; slice++)
                {
                    Pair w0 = TensorFragments.Weights(rows, warpRow, slice, lane), w1 = TensorFragments.Weights(rows, warpRow + 8, slice, lane);
                    Pair w2 = TensorFragments.Weights(rows, warpRow + 16, slice, lane), w3 = TensorFragments.Weights(rows, warpRow + 24, slice, lane);
                    sums.AddF16(0, TensorFragments.Tokens(tokens, warpToken, slice, lane), w0, w1, w2, w3);
                    sums.AddF16(1, TensorFragments.Tokens(tokens, warpToken + 16, slice, lane), w0, w1, w2, w3);
                    int end = first + (SliceColumns * (slice + 1));
                    if (end >= nextEnd || slice == 3)
                    {
                        int row = firstRow + warpRow + (2 * (lane % 4));
                        float factor = part == 0 ? 1 : HalfParts.SecondPart;
                        sums.ScaleF16(0, factor * Scale(o, row, nextGroup), factor * Scale(o, row + 1, nextGroup));
                        sums.ScaleF16(1, factor * Scale(o, row + 8, nextGroup), factor * Scale(o, row + 9, nextGroup));
                        sums.ScaleF16(2, factor * Scale(o, row + 16, nextGroup), factor * Scale(o, row + 17, nextGroup));
                        sums.ScaleF16(3, factor * Scale(o, row + 24, nextGroup), factor * Scale(o, row + 25, nextGroup));
                    }

                    if (end >= nextEnd)
                    {
                        nextGroup++;
                        nextEnd = IntrinsicMath.Min(nextEnd + o.GroupSize, o.Columns);
                    }
                }
            }

            (group, groupEnd) = (nextGroup, nextEnd);
            Group.Barrier();
        }

        int token = firstToken + warpToken + (lane / 4);
        sums.ScaleTokens(0, TokenScale(o, token), TokenScale(o, token + 8));
        sums.ScaleTokens(1, TokenScale(o, token + 16), TokenScale(o, token + 24));
        TensorResults results = new()
        {
            FirstToken = token,
            FirstRow = firstRow + warpRow + (2 * (lane % 4)),
            Tokens = o.Tokens,
            EndRow = o.EndRow,
            Rows = o.Rows,
            Preserved = o.Preserved,
            PreservedActivations = o.PreservedActivations,
            PreservedColumns = o.PreservedColumns,
            Products = o.Products,
        };
        results.Complete(sums);
    }

    // Tokens behind the last repeat it, and rows too; neither are stored. Activations are 0 behind the last column, so whatever weights meet them there adds nothing.
    private static void LoadTokens(FloatOperands o, int part, int firstToken, int firstColumn, ArrayView<Words> tile)
    {
        ArrayView<Words> parts = o.HalfParts.AsAligned(Words.Bytes);
        for (int i = (TensorSums.Lanes * Group.IdxY) + Group.IdxX; i < Side * TensorFragments.RowWords; i += Threads)
        {
            long token = (part * (long)o.Tokens) + IntrinsicMath.Min(firstToken + (i / TensorFragments.RowWords), o.Tokens - 1);
            int word = i % TensorFragments.RowWords;
            tile[TensorFragments.Place(i / TensorFragments.RowWords, word)] = parts[((token * o.ActivationStride) + firstColumn) / 8 + word];
        }
    }

    private static void LoadRows<TFormat>(FloatOperands o, int firstRow, int firstColumn, ArrayView<Words> tile)
        where TFormat : struct, ICodeFormat
    {
        for (int i = (TensorSums.Lanes * Group.IdxY) + Group.IdxX; i < Side * TensorFragments.RowWords; i += Threads)
        {
            // Eight columns are two words of packed codes, whichever the field.
            int place = i / TensorFragments.RowWords, part = i % TensorFragments.RowWords, column = firstColumn + (8 * part), slice = column / 32;
            int row = IntrinsicMath.Min(firstRow + place, o.EndRow - 1);
            int word = IntrinsicMath.Min((slice / TFormat.Fields * 8) + (column % 32 / 4), (4 * o.WordsPerRow) - 2);
            Pair packed = o.Weights.AsAligned(Words.Bytes).Cast<Pair>()[((row * 4L * o.WordsPerRow) + word) / 2];
            int low = TFormat.Codes(packed.A, slice % TFormat.Fields), high = TFormat.Codes(packed.B, slice % TFormat.Fields);
            tile[TensorFragments.Place(place, part)] = new Words
            {
                A = Halves.OfLowBytes(low),
                B = Halves.OfHighBytes(low),
                C = Halves.OfLowBytes(high),
                D = Halves.OfHighBytes(high),
            };
        }
    }

    private static float Scale(FloatOperands o, int row, int group) => o.WeightScales[(IntrinsicMath.Min(row, o.EndRow - 1) * (long)o.Groups) + group];

    private static float TokenScale(FloatOperands o, int token) => o.ActivationScales[IntrinsicMath.Min(token, o.Tokens - 1)];
}
