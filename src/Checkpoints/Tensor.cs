using System.Globalization;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Checkpoints.Safetensors;

namespace OutlierQuant.Checkpoints;

/// <summary>A named array in a checkpoint file: a view of mapped memory that is valid until its <see cref="TensorStore"/> is disposed.</summary>
/// <remarks>Elements are in row-major order. Spans point into the file and need not be aligned to their type. Nothing may read
/// them after the store is disposed. All members may be called from several threads.</remarks>
public sealed class Tensor
{
    private const int CopyBufferBytes = 1 << 20;

    private readonly MappedFile _file;

    internal Tensor(MappedFile file, TensorEntry entry, long byteOffset)
    {
        _file = file;
        Name = entry.Name;
        Type = entry.Type;
        Shape = entry.Shape;
        ByteLength = entry.End - entry.Begin;
        ByteOffset = byteOffset;
    }

    /// <summary>Gets the name, for example <c>model.layers.0.mlp.down_proj.weight</c>.</summary>
    public string Name { get; }

    /// <summary>Gets the type of the elements.</summary>
    public TensorType Type { get; }

    /// <summary>Gets the shape, outermost dimension first. Empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Gets the number of elements: the product of <see cref="Shape"/>.</summary>
    public long ElementCount => ByteLength / Type.ByteSize();

    /// <summary>Gets the size of the elements, in bytes.</summary>
    public long ByteLength { get; }

    /// <summary>Gets the file that holds the elements.</summary>
    public string Path => _file.Path;

    /// <summary>Gets the place of the first element in <see cref="Path"/>, in bytes.</summary>
    public long ByteOffset { get; }

    /// <summary>Gets some of the tensor's bytes.</summary>
    /// <param name="firstByte">First byte, counted from the start of the tensor.</param>
    /// <param name="byteCount">Number of bytes.</param>
    /// <returns>The bytes in the file. Shape <c>[byteCount]</c>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The bytes are not all in the tensor.</exception>
    /// <exception cref="CheckpointFormatException">The file has become shorter since it was opened.</exception>
    public ReadOnlySpan<byte> Bytes(long firstByte, int byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstByte);
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteCount, ByteLength - firstByte);
        return _file.Bytes(ByteOffset + firstByte, byteCount);
    }

    /// <summary>Gets some of the tensor's elements without converting them.</summary>
    /// <param name="first">First element.</param>
    /// <param name="count">Number of elements.</param>
    /// <typeparam name="T">A type of the size of one element: BF16 can be read as <see cref="ushort"/>.</typeparam>
    /// <returns>The elements in the file. Shape <c>[count]</c>.</returns>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> has another size than <see cref="Type"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The elements are not all in the tensor.</exception>
    /// <exception cref="CheckpointFormatException">The file has become shorter since it was opened.</exception>
    public ReadOnlySpan<T> Elements<T>(long first, int count)
        where T : unmanaged
    {
        int size = Type.ByteSize();
        if (Unsafe.SizeOf<T>() != size)
        {
            throw new ArgumentException($"Elements of {Type.StoredName()} have {size} bytes, but {typeof(T).Name} has {Unsafe.SizeOf<T>()}.", nameof(T));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, ElementCount - first);
        return _file.Elements<T>(ByteOffset + (first * size), count);
    }

    /// <summary>Reads floating-point elements as <see cref="float"/>.</summary>
    /// <remarks>F32, F16 and BF16 keep their value exactly, NaN and infinities included; F64 is rounded to nearest, ties to even.</remarks>
    /// <param name="first">First element.</param>
    /// <param name="destination">Receives the values. Shape <c>[count]</c>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The elements are not all in the tensor.</exception>
    /// <exception cref="CheckpointFormatException">The elements are integers, a finite F64 value is outside the range of
    /// <see cref="float"/>, or the file has become shorter since it was opened.</exception>
    public void ReadAsFloat(long first, Span<float> destination)
    {
        switch (Type)
        {
            case TensorType.F32:
                Elements<float>(first, destination.Length).CopyTo(destination);
                break;
            case TensorType.BF16:
                WidenBrainFloats(Elements<ushort>(first, destination.Length), destination);
                break;
            case TensorType.F16:
                TensorPrimitives.ConvertToSingle(Elements<Half>(first, destination.Length), destination);
                break;
            case TensorType.F64:
                NarrowDoubles(first, destination);
                break;
            default:
                throw Wrong($"the type is {Type.StoredName()}; a floating-point type is needed: F64, F32, F16 or BF16");
        }
    }

    /// <summary>Writes the tensor's bytes to a stream, in pieces.</summary>
    /// <param name="destination">Receives <see cref="ByteLength"/> bytes.</param>
    public void CopyTo(Stream destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        for (long position = 0; position < ByteLength; position += CopyBufferBytes)
        {
            destination.Write(Bytes(position, (int)Math.Min(CopyBufferBytes, ByteLength - position)));
        }
    }

    /// <summary>Makes an exception that carries this tensor's file, place and name.</summary>
    /// <param name="problem">What is wrong, and after a semicolon what is needed, without a full stop.</param>
    /// <returns>The exception, to be thrown by the caller.</returns>
    public CheckpointFormatException Wrong(string problem) => new(Path, ByteOffset, problem, Name);

    /// <summary>Returns name, type and shape, for example <c>lm_head.weight BF16 [4096, 256]</c>.</summary>
    public override string ToString() => $"{Name} {Type.StoredName()} [{string.Join(", ", Shape)}]";

    private void NarrowDoubles(long first, Span<float> destination)
    {
        ReadOnlySpan<double> source = Elements<double>(first, destination.Length);
        for (int i = 0; i < source.Length; i++)
        {
            destination[i] = (float)source[i];
            if (float.IsInfinity(destination[i]) && double.IsFinite(source[i]))
            {
                throw Wrong(string.Create(CultureInfo.InvariantCulture, $"element {first + i} is {source[i]}; a value in the range of float is needed"));
            }
        }
    }

    private static void WidenBrainFloats(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        ref ushort from = ref Unsafe.AsRef(in MemoryMarshal.GetReference(source));
        ref float to = ref MemoryMarshal.GetReference(destination);
        int i = 0;
        for (; i + Vector<ushort>.Count <= source.Length; i += Vector<ushort>.Count)
        {
            Vector.Widen(Vector.LoadUnsafe(ref from, (nuint)i), out Vector<uint> lower, out Vector<uint> upper);
            Vector.AsVectorSingle(lower << 16).StoreUnsafe(ref to, (nuint)i);
            Vector.AsVectorSingle(upper << 16).StoreUnsafe(ref to, (nuint)(i + Vector<uint>.Count));
        }

        for (; i < source.Length; i++)
        {
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }
}
