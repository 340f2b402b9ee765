namespace OutlierQuant.Training.Layers;

/// <summary>Memory for what a layer needs while it computes and nobody reads afterwards, shared by all layers.</summary>
internal sealed class Workspace
{
    private readonly float[][] _buffers = [.. Enumerable.Repeat(Array.Empty<float>(), Enum.GetValues<Use>().Length)];

    /// <summary>What a buffer is for. Uses that overlap in time have their own.</summary>
    public enum Use
    {
        /// <summary>A factor of a product, transposed.</summary>
        Transposed,

        /// <summary>A weight's gradient before it is added or transposed.</summary>
        WeightGradient,

        /// <summary>Parts of sums over rows.</summary>
        Parts,

        /// <summary>The derivative by what a branch reads.</summary>
        BranchInput,

        /// <summary>The derivative by what a branch adds.</summary>
        BranchOutput,

        /// <summary>Queries, keys, values and gates of every row, or the derivative by them.</summary>
        Projected,

        /// <summary>The derivative by attended values.</summary>
        Attended,

        /// <summary>The derivatives by queries of heads.</summary>
        HeadQueries,

        /// <summary>The derivatives by keys of heads.</summary>
        HeadKeys,

        /// <summary>The derivatives by values of heads.</summary>
        HeadValues,

        /// <summary>The derivative by the MLP's inner values.</summary>
        Inner,

        /// <summary>The derivative by the MLP's branches.</summary>
        Branches,

        /// <summary>Logits of some rows, then the derivative by them.</summary>
        Logits,
    }

    /// <summary>Gives a buffer of a length; what it holds is undefined.</summary>
    public Memory<float> Take(Use use, int length)
    {
        ref float[] buffer = ref _buffers[(int)use];
        if (buffer.Length < length)
        {
            buffer = GC.AllocateUninitializedArray<float>(length);
        }

        return buffer.AsMemory(0, length);
    }
}
