namespace OutlierQuant.Checkpoints;

/// <summary>Suggests names that look like a missing one.</summary>
internal static class NearestNames
{
    private const int Suggestions = 3;
    private const int LongestName = 200;
    private const int MostTensors = 10_000;

    /// <summary>Returns <c> (nearest names: 'a', 'b')</c>, or nothing when no name is near.</summary>
    public static string Describe(string name, IReadOnlyList<Tensor> tensors)
    {
        if (name.Length > LongestName || tensors.Count > MostTensors)
        {
            return "";
        }

        List<string> near = [.. tensors
            .Where(static tensor => tensor.Name.Length <= LongestName)
            .Select(tensor => (tensor.Name, Distance: EditDistance(name, tensor.Name)))
            .Where(pair => pair.Distance <= 1 + (Math.Max(name.Length, pair.Name.Length) / 2))
            .OrderBy(static pair => pair.Distance)
            .ThenBy(static pair => pair.Name, StringComparer.Ordinal)
            .Take(Suggestions)
            .Select(static pair => Quotation.Of(pair.Name))];
        return near.Count == 0 ? "" : $" (nearest names: {string.Join(", ", near)})";
    }

    /// <summary>Counts the insertions, deletions and replacements that turn one text into the other.</summary>
    private static int EditDistance(string first, string second)
    {
        Span<int> row = stackalloc int[LongestName + 1];
        for (int j = 0; j <= second.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= first.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= second.Length; j++)
            {
                int replaced = diagonal + (first[i - 1] == second[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[second.Length];
    }
}
