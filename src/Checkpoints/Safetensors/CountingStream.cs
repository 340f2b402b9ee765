namespace OutlierQuant.Checkpoints.Safetensors;

/// <summary>Passes writes on, counts their bytes, and stops when the caller cancels.</summary>
internal sealed class CountingStream(Stream target, CancellationToken cancellation) : Stream
{
    private const int LargestWrite = 4 << 20;

    private long _count;

    /// <summary>Gets or sets what is called after each write with the bytes written so far.</summary>
    public Action<long>? Written { get; set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _count;

    /// <summary>Gets the bytes written so far. It cannot be set.</summary>
    public override long Position
    {
        get => _count;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        // In pieces, so that cancelling does not wait for gigabytes.
        while (!buffer.IsEmpty)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> piece = buffer[..Math.Min(buffer.Length, LargestWrite)];
            target.Write(piece);
            buffer = buffer[piece.Length..];
            _count += piece.Length;
            Written?.Invoke(_count);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void WriteByte(byte value) => Write([value]);

    public override void Flush() => target.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
