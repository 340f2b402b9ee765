namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Where the scales of the four slices of 32 columns in a quad lie, for groups of 32 or 64 columns: the same in every quad, so that no loop divides.</summary>
/// <param name="groupSize">Columns of a group: 32 or 64.</param>
internal readonly struct QuadScales(int groupSize)
{
    private const int Slice = WeightPacking.SliceColumns;

    /// <summary>Gets the place of the second slice's scale, counted from the first's.</summary>
    public nuint Second { get; } = (nuint)(Slice / groupSize);

    /// <summary>Gets the place of the third slice's scale.</summary>
    public nuint Third { get; } = (nuint)(2 * Slice / groupSize);

    /// <summary>Gets the place of the fourth slice's scale.</summary>
    public nuint Fourth { get; } = (nuint)(3 * Slice / groupSize);

    /// <summary>Gets the number of scales of a quad.</summary>
    public nuint PerQuad { get; } = (nuint)(4 * Slice / groupSize);

    /// <summary>Whether groups are of such a size, or whole quads, or the whole row.</summary>
    public static bool AreGroups(PackedWeights weights) =>
        weights.GroupSize is Slice or 2 * Slice || weights.GroupSize % WeightPacking.QuadColumns == 0 || weights.GroupSize >= weights.Columns;
}
