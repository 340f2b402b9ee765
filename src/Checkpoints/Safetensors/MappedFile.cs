using System.IO.MemoryMappedFiles;

namespace OutlierQuant.Checkpoints.Safetensors;

/// <summary>A file mapped into memory for reading, of any length.</summary>
/// <remarks>
/// <para>An operating system ends a process that reads a mapped page behind the end of a file (SIGBUS). Windows refuses to
/// shorten a mapped file; elsewhere the length is asked for again at the first access and then at most every 100 ms, and
/// a shorter file is an error. A file that is shortened between that question and the read can still end the process.
/// Replacing the file by renaming another over it is harmless: the mapping keeps the old one.</para>
/// </remarks>
internal sealed unsafe class MappedFile : IDisposable
{
    private const long MillisecondsBetweenLengthChecks = 100;

    private readonly FileStream _stream;
    private readonly MemoryMappedFile _mapping;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private long _nextLengthCheck;
    private bool _disposed;

    private MappedFile(string path, FileStream stream, long length)
    {
        Path = path;
        Length = length;
        _stream = stream;
        _mapping = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = _mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* page = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref page);
        _start = page + _view.PointerOffset;
    }

    /// <summary>Gets the file's path, as it was given.</summary>
    public string Path { get; }

    /// <summary>Gets the length that the file had when it was opened, in bytes.</summary>
    public long Length { get; }

    /// <summary>Maps a file that has at least <paramref name="minimumLength"/> bytes.</summary>
    /// <exception cref="CheckpointFormatException">The file is shorter.</exception>
    public static MappedFile Open(string path, int minimumLength)
    {
        // Asked before opening: a pipe or a device has length 0 here, and opening it could wait for ever.
        long length = new FileInfo(path).Length;
        FileStream? stream = null;
        try
        {
            if (length >= minimumLength)
            {
                stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
                length = stream.Length;
            }

            if (length < minimumLength)
            {
                throw new CheckpointFormatException(path, length, $"the file ends after {length} bytes; at least {minimumLength} are required");
            }

            return new MappedFile(path, stream!, length);
        }
        catch
        {
            stream?.Dispose();
            throw;
        }
    }

    /// <summary>Gets a window of the file.</summary>
    /// <param name="offset">First byte, counted from the start of the file.</param>
    /// <param name="count">Number of bytes.</param>
    public ReadOnlySpan<byte> Bytes(long offset, int count) => new(Address(offset, count), count);

    /// <summary>Gets a window of the file as elements. They need not be aligned.</summary>
    /// <param name="offset">First byte, counted from the start of the file.</param>
    /// <param name="count">Number of elements.</param>
    public ReadOnlySpan<T> Elements<T>(long offset, int count)
        where T : unmanaged => new(Address(offset, (long)count * sizeof(T)), count);

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _mapping.Dispose();
            _stream.Dispose();
        }
    }

    private byte* Address(long offset, long byteCount)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteCount, Length - offset);
        if (Environment.TickCount64 >= _nextLengthCheck)
        {
            RefuseShortenedFile();
        }

        return _start + offset;
    }

    private void RefuseShortenedFile()
    {
        long now = RandomAccess.GetLength(_stream.SafeFileHandle);
        if (now < Length)
        {
            throw new CheckpointFormatException(Path, now, $"the file was shortened from {Length} to {now} bytes while it was open; leave a checkpoint alone while it is used");
        }

        _nextLengthCheck = Environment.TickCount64 + MillisecondsBetweenLengthChecks;
    }
}
