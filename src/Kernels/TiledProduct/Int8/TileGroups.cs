namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>How the groups of a row of codes fall on steps of 64 columns.</summary>
/// <param name="Count">Number of groups.</param>
/// <param name="Steps">Steps of every group but the last; 0 for groups of half a step.</param>
/// <param name="LastSteps">Steps of the last group; 0 for groups of half a step.</param>
internal readonly record struct TileGroups(int Count, int Steps, int LastSteps)
{
    private const int HalfStep = TileLayout.RowBytes / 2;

    /// <summary>Whether groups end where steps or half steps do, and there is something to multiply.</summary>
    public static bool Fit(int columns, int groupSize) =>
        columns > 0 && (groupSize >= columns || groupSize == HalfStep || groupSize % TileLayout.RowBytes == 0);

    /// <summary>Computes the groups of a row for which <see cref="Fit"/> holds.</summary>
    public static TileGroups Of(int columns, int groupSize)
    {
        int steps = TileLayout.Steps(columns);
        if (groupSize >= columns)
        {
            return new(1, steps, steps);
        }

        if (groupSize == HalfStep)
        {
            return new((columns + HalfStep - 1) / HalfStep, 0, 0);
        }

        int groupSteps = groupSize / TileLayout.RowBytes, count = (steps + groupSteps - 1) / groupSteps;
        return new(count, groupSteps, steps - ((count - 1) * groupSteps));
    }
}
