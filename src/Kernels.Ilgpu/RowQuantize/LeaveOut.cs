using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.RowQuantize;

/// <summary>Takes preserved channels out of float activations, so that an infinite one meets no code 0, and pads tokens to whole blocks of columns.</summary>
internal static class LeaveOut
{
    /// <summary>Copies one value a thread, and writes 0 behind the last column. One thread for every padded value.</summary>
    public static void Pad(TokenOperands o)
    {
        long index = Grid.LongGlobalIndex.X;
        if (index < o.Tokens * (long)o.Stride)
        {
            long token = index / o.Stride;
            int column = (int)(index % o.Stride);
            o.Padded[index] = column < o.Columns ? o.Source[(token * o.Columns) + column] : 0;
        }
    }

    /// <summary>Moves one preserved value a thread out of the padded activations, which become 0 there. One thread for every preserved activation.</summary>
    public static void Preserve(TokenOperands o)
    {
        long index = Grid.LongGlobalIndex.X;
        if (index < o.Tokens * (long)o.Preserved)
        {
            long token = index / o.Preserved;
            int channel = o.Channels[index % o.Preserved];
            o.Padded[(token * o.Stride) + channel] = 0;
            o.PreservedActivations[index] = o.Source[(token * o.Columns) + channel];
        }
    }
}
