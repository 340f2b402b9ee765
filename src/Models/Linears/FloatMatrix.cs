using System.Runtime.InteropServices;
using OutlierQuant.Checkpoints;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.FloatMatmul;

namespace OutlierQuant.Models.Linears;

/// <summary>A float matrix in mapped memory, in as many slabs of rows as the 2 GiB of a span demand.</summary>
internal sealed class FloatMatrix
{
    /// <summary>Takes a tensor as a matrix.</summary>
    /// <param name="tensor">F64, F32, F16 or BF16. Shape <c>[rows, columns]</c>, or <c>[columns, rows]</c> when transposed.</param>
    /// <param name="isTransposed">Whether columns are the outer dimension.</param>
    /// <param name="slabBytes">The most bytes of a slab; null for what a span holds.</param>
    /// <exception cref="CheckpointFormatException">The tensor is transposed and needs several slabs.</exception>
    public FloatMatrix(Tensor tensor, bool isTransposed = false, int? slabBytes = null)
    {
        (Tensor, IsTransposed) = (tensor, isTransposed);
        Rows = checked((int)tensor.Shape[isTransposed ? 1 : 0]);
        Columns = checked((int)tensor.Shape[isTransposed ? 0 : 1]);
        Type = tensor.Type switch
        {
            TensorType.F16 => FloatType.F16,
            TensorType.BF16 => FloatType.BF16,
            _ => FloatType.F32,
        };
        int most = slabBytes ?? Array.MaxLength;
        RowsPerSlab = (int)Math.Clamp(most / (tensor.ByteLength / Rows), 1, Rows);
        if (RowsPerSlab < Rows && isTransposed)
        {
            throw tensor.Wrong($"{tensor.ByteLength} bytes; a transposed matrix may have at most {most}");
        }
    }

    /// <summary>Gets the elements as they lie in the checkpoint.</summary>
    public Tensor Tensor { get; }

    /// <summary>Gets a value indicating whether columns are the outer dimension of <see cref="Tensor"/>.</summary>
    public bool IsTransposed { get; }

    /// <summary>Gets the number of rows.</summary>
    public int Rows { get; }

    /// <summary>Gets the number of columns.</summary>
    public int Columns { get; }

    /// <summary>Gets the type of the elements of a slab.</summary>
    public FloatType Type { get; }

    /// <summary>Gets the most rows of a slab.</summary>
    public int RowsPerSlab { get; }

    /// <summary>The slab from a row on, with as many rows as are left or as it may have.</summary>
    public FloatWeights Slab(int firstRow) => Slab(firstRow, Math.Min(RowsPerSlab, Rows - firstRow));

    /// <summary>The slab of some rows: F64 rounded to binary32, other types as they lie in the checkpoint.</summary>
    public FloatWeights Slab(int firstRow, int rows) => new()
    {
        Elements = Elements(firstRow, rows),
        Type = Type,
        Rows = rows,
        Columns = Columns,
        IsTransposed = IsTransposed,
    };

    private ReadOnlySpan<byte> Elements(int firstRow, int rows)
    {
        if (Tensor.Type == TensorType.F64)
        {
            float[] rounded = new float[checked(rows * Columns)];
            Tensor.ReadAsFloat((long)firstRow * Columns, rounded);
            return MemoryMarshal.AsBytes<float>(rounded);
        }

        long rowBytes = Tensor.ByteLength / Rows;
        return Tensor.Bytes(firstRow * rowBytes, (int)(rows * rowBytes));
    }
}
