using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OutlierQuant.Checkpoints;

/// <summary>A tensor that is to be written: its bytes are asked for when their turn comes, so that nothing is held whole.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="Type">Type of its elements.</param>
/// <param name="Shape">Outermost dimension first. Empty for a scalar.</param>
/// <param name="Write">Writes exactly the tensor's bytes: row-major, little-endian. Called once.</param>
public sealed record TensorToWrite(string Name, TensorType Type, IReadOnlyList<long> Shape, Action<Stream> Write)
{
    /// <summary>Gets the size of the elements, in bytes.</summary>
    /// <exception cref="OverflowException">The shape needs more than 2^63 − 1 bytes.</exception>
    public long GetByteLength() => Shape.Aggregate((long)Type.ByteSize(), static (bytes, dimension) => checked(bytes * dimension));

    /// <summary>Makes a tensor of elements in memory.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="type">Type of its elements.</param>
    /// <param name="shape">Outermost dimension first.</param>
    /// <param name="elements">Elements in row-major order. Shape <c>[product of shape]</c>.</param>
    /// <typeparam name="T">A type of the size of one element: BF16 can be given as <see cref="ushort"/>, BOOL as <see cref="bool"/> or <see cref="byte"/>.</typeparam>
    /// <returns>The tensor.</returns>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> has another size than <paramref name="type"/>, or the number of elements is not the product of the shape.</exception>
    public static TensorToWrite From<T>(string name, TensorType type, IReadOnlyList<long> shape, ReadOnlyMemory<T> elements)
        where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() != type.ByteSize())
        {
            throw new ArgumentException($"Elements of {type.StoredName()} have {type.ByteSize()} bytes, but {typeof(T).Name} has {Unsafe.SizeOf<T>()}.", nameof(type));
        }

        TensorToWrite tensor = new(name, type, shape, stream => WriteElements(stream, elements.Span));
        if (tensor.GetByteLength() / type.ByteSize() != elements.Length)
        {
            throw new ArgumentException($"The shape [{string.Join(", ", shape)}] has {tensor.GetByteLength() / type.ByteSize()} elements, but there are {elements.Length}.", nameof(elements));
        }

        return tensor;
    }

    /// <summary>Makes a copy of a stored tensor, byte for byte.</summary>
    /// <param name="source">Tensor of a store that stays open until the writing is done.</param>
    /// <param name="newName">Name of the copy; null keeps the name.</param>
    /// <returns>The tensor.</returns>
    public static TensorToWrite Copy(Tensor source, string? newName = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new TensorToWrite(newName ?? source.Name, source.Type, source.Shape, source.CopyTo);
    }

    private static void WriteElements<T>(Stream stream, ReadOnlySpan<T> elements)
        where T : unmanaged
    {
        // A span of bytes has at most 2^31 − 1 of them; an array of long elements can have eight times as many.
        const int Piece = 1 << 20;
        while (!elements.IsEmpty)
        {
            ReadOnlySpan<T> piece = elements[..Math.Min(Piece, elements.Length)];
            stream.Write(MemoryMarshal.AsBytes(piece));
            elements = elements[piece.Length..];
        }
    }
}
