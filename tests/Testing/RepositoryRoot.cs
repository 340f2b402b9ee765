namespace OutlierQuant.Testing;

/// <summary>The directory that holds the solution.</summary>
public static class RepositoryRoot
{
    /// <summary>Gets its full path, found by walking up from the test assembly.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(directory.FullName, "OutlierQuant.sln")))
            {
                return directory.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No directory above {AppContext.BaseDirectory} holds OutlierQuant.sln.");
    }
}
