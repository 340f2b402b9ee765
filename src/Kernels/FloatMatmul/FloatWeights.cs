using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>A float weight matrix as it lies in the checkpoint, usually in mapped memory.</summary>
public readonly ref struct FloatWeights
{
    /// <summary>Gets the bytes of the matrix, little-endian. Shape <c>[rows, columns]</c>, or <c>[columns, rows]</c> when <see cref="IsTransposed"/>.</summary>
    public required ReadOnlySpan<byte> Elements { get; init; }

    /// <summary>Gets the element type.</summary>
    public required FloatType Type { get; init; }

    /// <summary>Gets the number of output features in <see cref="Elements"/>.</summary>
    public required int Rows { get; init; }

    /// <summary>Gets the number of input features.</summary>
    public required int Columns { get; init; }

    /// <summary>Gets a value indicating whether input features are the outer dimension, as in GPT-2's Conv1D.</summary>
    public bool IsTransposed { get; init; }

    /// <summary>Takes binary32 numbers in memory as a weight matrix.</summary>
    /// <param name="values">The numbers. Shape <c>[rows, columns]</c>, or <c>[columns, rows]</c> when transposed.</param>
    /// <param name="rows">Number of output features.</param>
    /// <param name="columns">Number of input features.</param>
    /// <param name="isTransposed">Whether input features are the outer dimension.</param>
    public static FloatWeights OfFloats(ReadOnlySpan<float> values, int rows, int columns, bool isTransposed = false) => new()
    {
        Elements = MemoryMarshal.AsBytes(values),
        Type = FloatType.F32,
        Rows = rows,
        Columns = columns,
        IsTransposed = isTransposed,
    };
}
