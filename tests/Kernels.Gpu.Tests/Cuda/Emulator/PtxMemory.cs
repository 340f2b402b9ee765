using System.Runtime.CompilerServices;

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;

/// <summary>Memory of the emulated device. Every access must lie in one allocation, at a multiple of its length.</summary>
internal sealed class PtxMemory
{
    // Allocations lie so far apart that no address reaches from one to the next.
    private const int Distance = 36;

    private readonly Dictionary<ulong, byte[]> _allocations = [];
    private ulong _last;

    public ulong Allocate(long byteLength)
    {
        byte[] bytes = new byte[byteLength];
        bytes.AsSpan().Fill(0xA5);
        _allocations[++_last] = bytes;
        return _last << Distance;
    }

    public void Release(ulong address) => _allocations.Remove(address >> Distance);

    /// <summary>Gives bytes at an address.</summary>
    /// <exception cref="PtxException">They are not in one allocation.</exception>
    public Span<byte> At(ulong address, int length)
    {
        ulong offset = address & ((1ul << Distance) - 1);
        return _allocations.TryGetValue(address >> Distance, out byte[]? bytes) && offset + (ulong)length <= (ulong)bytes.Length
            ? bytes.AsSpan((int)offset, length)
            : throw new PtxException($"{length} bytes at {address:x} are not in an allocation{(bytes is null ? "" : $"; its {bytes.Length} bytes end before byte {offset}")}");
    }

    public static void CheckAlignment(ulong address, int length)
    {
        if (address % (ulong)length != 0)
        {
            throw new PtxException($"{length} bytes at {address:x}, which is not a multiple of {length}");
        }
    }

    /// <summary>Reads a value of 1, 2, 4 or 8 bytes, zeros above it.</summary>
    public static ulong Read(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        1 => bytes[0],
        2 => Unsafe.ReadUnaligned<ushort>(in bytes[0]),
        4 => Unsafe.ReadUnaligned<uint>(in bytes[0]),
        _ => Unsafe.ReadUnaligned<ulong>(in bytes[0]),
    };

    /// <summary>Writes the low bytes of a value.</summary>
    public static void Write(Span<byte> bytes, ulong value)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(value >> (8 * i));
        }
    }
}
