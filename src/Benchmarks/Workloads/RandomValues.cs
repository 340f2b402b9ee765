namespace OutlierQuant.Benchmarks.Workloads;

/// <summary>Random inputs of products, from seeds.</summary>
internal static class RandomValues
{
    /// <summary>Draws floats from −0.5 to 0.5.</summary>
    public static float[] Floats(long count, int seed)
    {
        Random random = new(seed);
        float[] values = GC.AllocateUninitializedArray<float>(checked((int)count));
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.NextSingle() - 0.5f;
        }

        return values;
    }

    /// <summary>Draws distinct channels, in no order.</summary>
    /// <param name="count">How many, at most <paramref name="channels"/>.</param>
    /// <param name="channels">Number of channels to draw from.</param>
    public static int[] Channels(int count, int channels)
    {
        int[] all = [.. Enumerable.Range(0, channels)];
        new Random(4).Shuffle(all);
        return all[..count];
    }
}
