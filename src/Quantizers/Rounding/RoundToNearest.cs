using OutlierQuant.Checkpoints;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Quantizers.Rounding;

/// <summary>Rounds every weight to the nearest code of its group.</summary>
/// <remarks>
/// <c>codes[r, c] = clamp(round(W[r, c] / scales[r, c / groupSize]), −qMax, qMax)</c>, half to even, with the scales of <see cref="WeightScale"/>. Columns that are
/// taken out get code 0. Rows are independent, so the result has the same bits at any thread count; one row of floats per thread is held.
/// </remarks>
internal static class RoundToNearest
{
    /// <summary>Rounds a linear's weights.</summary>
    /// <param name="linear">The linear; its weights are read from mapped memory row by row.</param>
    /// <param name="format">What the codes are.</param>
    /// <param name="groupSize">Columns that share a scale; null for all.</param>
    /// <param name="takenOut">Sorted, distinct columns that stay out of the codes and the scales. Shape <c>[k]</c>.</param>
    /// <param name="context">Kernels and threads.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <exception cref="CheckpointFormatException">A weight is NaN or infinite; the message has its row and column.</exception>
    public static RoundedMatrix Round(
        FloatLinear linear, WeightFormat format, int? groupSize, int[] takenOut, ComputeContext context, CancellationToken cancellation)
    {
        int rows = linear.OutFeatures;
        int columns = linear.InFeatures;
        int size = Math.Min(groupSize ?? columns, columns);
        int groups = (columns + size - 1) / size;
        int bytesPerRow = WeightPacking.BytesPerRow(format, columns);
        var matrix = new RoundedMatrix(
            format, rows, columns, size, new byte[checked(rows * bytesPerRow)], new float[rows * groups], takenOut, new float[rows * takenOut.Length]);
        int[] notFinite = new int[rows]; // 1 + the first column of each row that is NaN or infinite, so that the report does not depend on threads

        context.Team.Run(rows, 1, (firstRow, rowCount) =>
        {
            float[] weights = new float[columns];
            sbyte[] codes = new sbyte[columns];
            for (int row = firstRow; row < firstRow + rowCount; row++)
            {
                cancellation.ThrowIfCancellationRequested();
                linear.ReadRow(row, weights);
                notFinite[row] = 1 + IndexOfNotFinite(weights);
                if (notFinite[row] != 0)
                {
                    continue;
                }

                for (int i = 0; i < takenOut.Length; i++)
                {
                    matrix.TakenOutWeights[(row * takenOut.Length) + i] = weights[takenOut[i]];
                    weights[takenOut[i]] = 0; // code 0 whatever the scale
                }

                Span<float> scales = matrix.Scales.AsSpan(row * groups, groups);
                WeightScale.Compute(weights, takenOut, size, format, scales);
                context.Suite.GroupQuantize.Quantize(weights, scales, size, WeightPacking.QMax(format), codes);
                WeightPacking.PackRow(format, codes, matrix.Codes.AsSpan(row * bytesPerRow, bytesPerRow));
            }
        });

        int badRow = Array.FindIndex(notFinite, column => column != 0);
        return badRow < 0 ? matrix : throw NotFinite(linear, badRow, notFinite[badRow] - 1);
    }

    private static int IndexOfNotFinite(ReadOnlySpan<float> weights)
    {
        for (int column = 0; column < weights.Length; column++)
        {
            if (!float.IsFinite(weights[column]))
            {
                return column;
            }
        }

        return -1;
    }

    private static CheckpointFormatException NotFinite(FloatLinear linear, int row, int column)
    {
        float[] weights = new float[linear.InFeatures];
        linear.ReadRow(row, weights);
        return linear.Weight.Wrong(
            FormattableString.Invariant($"the weight of output feature {row}, input feature {column} of {linear.Name} is {weights[column]}; only finite weights can be quantized."));
    }
}
