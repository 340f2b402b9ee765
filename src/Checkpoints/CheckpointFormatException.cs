namespace OutlierQuant.Checkpoints;

/// <summary>A file of a checkpoint breaks its format, or holds something other than the model needs.</summary>
/// <remarks>The message is one line: <c>path: byte N, tensor 'x': what was read; what the format requires.</c> Names that come
/// from the file are shortened and their control characters escaped, so that a hostile file cannot flood or forge a log.</remarks>
public sealed class CheckpointFormatException : IOException
{
    /// <summary>Initializes the exception with the place and the rule that was broken.</summary>
    /// <param name="path">File that was read.</param>
    /// <param name="byteOffset">Offset in the file of the first byte that is wrong; 0 where the file as a whole is wrong.</param>
    /// <param name="problem">What was read and what the format requires, separated by a semicolon, without a full stop.</param>
    /// <param name="tensorName">Tensor at fault, or null when the fault is not in one tensor.</param>
    /// <param name="innerException">The parser's own error, or null.</param>
    public CheckpointFormatException(string path, long byteOffset, string problem, string? tensorName = null, Exception? innerException = null)
        : base(Describe(path, byteOffset, problem, tensorName), innerException)
    {
        Path = path;
        ByteOffset = byteOffset;
        TensorName = tensorName;
    }

    /// <summary>Gets the file that was read.</summary>
    public string Path { get; }

    /// <summary>Gets the offset in the file of the first byte that is wrong, in bytes.</summary>
    public long ByteOffset { get; }

    /// <summary>Gets the whole name of the tensor at fault, or null when the fault is not in one tensor.</summary>
    public string? TensorName { get; }

    private static string Describe(string path, long byteOffset, string problem, string? tensorName)
    {
        string tensor = tensorName is null ? "" : $", tensor {Quotation.Of(tensorName)}";
        return $"{path}: byte {byteOffset}{tensor}: {problem}.";
    }
}
