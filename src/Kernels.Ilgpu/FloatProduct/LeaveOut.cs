using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.FloatProduct;

/// <summary>Takes preserved channels out of float activations, so that an infinite one meets no code 0, and pads tokens to whole blocks of columns.</summary>
internal static class LeaveOut
{
    /// <summary>Copies one value a thread. Index: every place of <paramref name="padded"/>.</summary>
    /// <param name="index">Place.</param>
    /// <param name="source">Activations. Shape <c>[tokens, columns]</c>.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="stride">Columns with padding.</param>
    /// <param name="padded">Receives the activations, and 0 behind the last column. Shape <c>[tokens, stride]</c>.</param>
    public static void Pad(LongIndex1D index, ArrayView<float> source, int columns, int stride, ArrayView<float> padded)
    {
        long token = index.X / stride;
        int column = (int)(index.X % stride);
        padded[index.X] = column < columns ? source[(token * columns) + column] : 0;
    }

    /// <summary>Moves one preserved value a thread. Index: every place of <paramref name="preserved"/>.</summary>
    /// <param name="index">Place.</param>
    /// <param name="source">Activations. Shape <c>[tokens, columns]</c>.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="stride">Columns with padding.</param>
    /// <param name="channels">Preserved channels. Shape <c>[count]</c>.</param>
    /// <param name="count">Number of preserved channels.</param>
    /// <param name="padded">Becomes 0 at the preserved channels. Shape <c>[tokens, stride]</c>.</param>
    /// <param name="preserved">Receives the values. Shape <c>[tokens, count]</c>.</param>
    public static void Move(LongIndex1D index, ArrayView<float> source, int columns, int stride, ArrayView<int> channels, int count, ArrayView<float> padded, ArrayView<float> preserved)
    {
        long token = index.X / count;
        int channel = channels[(int)(index.X % count)];
        padded[(token * stride) + channel] = 0;
        preserved[index.X] = source[(token * columns) + channel];
    }
}
