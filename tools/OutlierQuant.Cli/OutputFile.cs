namespace OutlierQuant.Cli;

/// <summary>Checks where a result is to be written before the work that makes it.</summary>
internal static class OutputFile
{
    /// <summary>Refuses a path that cannot become a file.</summary>
    /// <param name="path">The path, or null where no file is asked for.</param>
    /// <exception cref="IOException">Its directory is missing, or it is itself a directory.</exception>
    public static void RequirePlace(string? path)
    {
        if (path is null)
        {
            return;
        }

        if (Directory.Exists(path))
        {
            throw new IOException($"{path}: is a directory; a file's path is needed.");
        }

        string directory = Path.GetDirectoryName(Path.GetFullPath(path)) ?? path;
        if (!Directory.Exists(directory))
        {
            throw new DirectoryNotFoundException($"{path}: there is no directory {directory}; make it first.");
        }
    }
}
