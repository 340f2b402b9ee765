using System.Text;
using OutlierQuant.Checkpoints.Safetensors;

namespace OutlierQuant.Checkpoints;

/// <summary>Writes a file so that its place never holds half of it.</summary>
public static class AtomicFile
{
    /// <summary>Writes to a temporary file beside the place, flushes it to disk, and renames it.</summary>
    /// <remarks>If anything fails, cancellation included, the temporary file is removed and what was at the place stays. A
    /// process that maps the old file keeps the old content.</remarks>
    /// <param name="path">Place of the file. Its directory must exist.</param>
    /// <param name="write">Writes the content to a stream that cannot seek.</param>
    /// <param name="cancellation">Looked at with every write to the stream and before the file is renamed.</param>
    /// <exception cref="IOException">The disk is full, the directory does not exist, or the place is a directory.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public static void Write(string path, Action<Stream> write, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        if (Directory.Exists(path))
        {
            throw new IOException($"{path}: there is a directory of this name; the name of a file is needed.");
        }

        string directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(directory))
        {
            throw new DirectoryNotFoundException($"{path}: there is no directory {directory}; create it first.");
        }

        string temporary = TemporarySibling.Of(path);
        try
        {
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                write(new CountingStream(file, cancellation));
                file.Flush(flushToDisk: true);
            }

            cancellation.ThrowIfCancellationRequested();
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes a text as UTF-8 without a byte order mark.</summary>
    /// <param name="path">Place of the file. Its directory must exist.</param>
    /// <param name="text">Content.</param>
    /// <exception cref="IOException">The disk is full, the directory does not exist, or the place is a directory.</exception>
    public static void WriteAllText(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
