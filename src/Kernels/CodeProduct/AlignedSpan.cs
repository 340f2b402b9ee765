using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Parts of arrays that begin at a cache line: a vector that crosses one takes two loads.</summary>
internal static class AlignedSpan
{
    private const int LineBytes = 64;

    /// <summary>The elements that an array must have more than are needed.</summary>
    public static int Slack<T>()
        where T : unmanaged => LineBytes / Unsafe.SizeOf<T>();

    /// <summary>Takes a part of an array. Should the array be moved in memory, the part is slower but as right.</summary>
    /// <param name="array">Shape <c>[at least length + Slack]</c>.</param>
    /// <param name="length">Elements of the part.</param>
    public static unsafe Span<T> Of<T>(T[] array, int length)
        where T : unmanaged
    {
        nuint address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        return array.AsSpan((int)((0 - address) % LineBytes) / Unsafe.SizeOf<T>(), length);
    }
}
