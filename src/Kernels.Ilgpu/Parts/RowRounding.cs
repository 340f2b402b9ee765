using ILGPU;
using OutlierQuant.Kernels.Ilgpu.RowQuantize;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>Rounds rows with one scale, but for some channels of each.</summary>
internal static class RowRounding
{
    /// <summary>Rounds values. One thread a value.</summary>
    public static void Round(RoundingOperands o)
    {
        long i = Grid.LongGlobalIndex.X;
        if (i >= o.Count)
        {
            return;
        }

        int channel = (int)(i % o.Columns), place = 0;
        while (place < o.ChannelCount && o.Channels[place] < channel)
        {
            place++;
        }

        if (place == o.ChannelCount || o.Channels[place] != channel)
        {
            o.Values[i] = Rounded(o.Values[i], o.Scale, o.QMax);
        }
        else if (o.HasConstants != 0)
        {
            o.Values[i] = i / o.Columns == o.OtherRow ? o.OtherConstants[place] : o.Constants[place];
        }
    }

    private static float Rounded(float value, float scale, int qMax)
    {
        if (float.IsNaN(value))
        {
            return value;
        }

        // A negative value that rounds to 0 becomes −0, as on the CPU; an integer code has lost that sign.
        int code = RowQuantizeKernels.Round(value, scale, qMax);
        uint magnitude = Interop.FloatAsInt(scale * (code < 0 ? -code : code));
        return Interop.IntAsFloat(magnitude | (Interop.FloatAsInt(value) & 0x80000000u));
    }
}
