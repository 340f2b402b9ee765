namespace OutlierQuant.Checkpoints;

/// <summary>Builds a directory beside its place and moves it there when it is complete.</summary>
/// <remarks>Until <see cref="Commit"/> nothing is at the place, or what was there before. Without it, disposing removes all that
/// was written.</remarks>
public sealed class AtomicDirectory : IDisposable
{
    private const string CheckpointMark = "config.json";

    private readonly string _target;
    private readonly bool _overwrite;
    private bool _committed;

    private AtomicDirectory(string target, bool overwrite)
    {
        _target = target;
        _overwrite = overwrite;
        StagingPath = TemporarySibling.Of(target);
    }

    /// <summary>Gets the directory to write to until it is moved to its place.</summary>
    public string StagingPath { get; }

    /// <summary>Creates the staging directory.</summary>
    /// <param name="target">Place of the directory. Its parent must exist.</param>
    /// <param name="overwrite">Whether a checkpoint at the place may be replaced. Only a directory that holds a
    /// <c>config.json</c> is, so that a slip cannot delete a directory of another kind.</param>
    /// <returns>The directory, to be committed and disposed by the caller.</returns>
    /// <exception cref="IOException">The place is a file, or a directory that is not empty and may not be replaced; or the parent does not exist.</exception>
    public static AtomicDirectory Create(string target, bool overwrite = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        RequireReplaceable(full, overwrite);
        string? parent = Path.GetDirectoryName(full);
        if (!Directory.Exists(parent))
        {
            throw new DirectoryNotFoundException($"{target}: there is no directory {parent}; create it first.");
        }

        AtomicDirectory directory = new(full, overwrite);
        Directory.CreateDirectory(directory.StagingPath);
        return directory;
    }

    /// <summary>Moves the directory to its place.</summary>
    /// <exception cref="IOException">Something was put at the place since; it stays as it is.</exception>
    public void Commit()
    {
        RequireReplaceable(_target, _overwrite);
        string replaced = TemporarySibling.Of(_target);
        bool hadTarget = Directory.Exists(_target);
        if (hadTarget)
        {
            Directory.Move(_target, replaced);
        }

        try
        {
            Directory.Move(StagingPath, _target);
        }
        catch
        {
            if (hadTarget)
            {
                Directory.Move(replaced, _target);
            }

            throw;
        }

        _committed = true;
        if (hadTarget)
        {
            Directory.Delete(replaced, recursive: true);
        }
    }

    /// <summary>Removes what was written, unless it was committed.</summary>
    public void Dispose()
    {
        if (!_committed && Directory.Exists(StagingPath))
        {
            Directory.Delete(StagingPath, recursive: true);
        }
    }

    private static void RequireReplaceable(string target, bool overwrite)
    {
        if (File.Exists(target))
        {
            throw new IOException($"{target}: there is a file of this name; the name of a new directory is needed.");
        }

        if (!Directory.Exists(target) || !Directory.EnumerateFileSystemEntries(target).Any())
        {
            return;
        }

        if (!overwrite)
        {
            throw new IOException($"{target}: the directory exists and is not empty; name a new one, or allow it to be overwritten.");
        }

        if (!File.Exists(Path.Combine(target, CheckpointMark)))
        {
            throw new IOException($"{target}: the directory holds no {CheckpointMark}, so it is not a checkpoint; only a checkpoint is overwritten.");
        }
    }
}
