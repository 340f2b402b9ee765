namespace OutlierQuant.Checkpoints;

/// <summary>Names of things that are being written.</summary>
internal static class TemporarySibling
{
    /// <summary>Returns a hidden name in the same directory, so that a rename stays on one file system.</summary>
    public static string Of(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return Path.Combine(Path.GetDirectoryName(full) ?? full, $".outlierquant-{Guid.NewGuid():N}.partial");
    }
}
