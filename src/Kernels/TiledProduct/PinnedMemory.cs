using System.Buffers;
using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.TiledProduct;

/// <summary>Pooled memory that stays where it is and begins at a cache line, as tile loads want it.</summary>
internal sealed unsafe class PinnedMemory : IDisposable
{
    /// <summary>Bytes of a cache line.</summary>
    public const int LineBytes = 64;

    private readonly byte[] _rented;
    private GCHandle _pin;

    /// <summary>Rents memory; its contents are whatever the last user left.</summary>
    /// <param name="bytes">Number of bytes.</param>
    public PinnedMemory(int bytes)
    {
        _rented = ArrayPool<byte>.Shared.Rent(checked(bytes + LineBytes));
        _pin = GCHandle.Alloc(_rented, GCHandleType.Pinned);
        nuint address = (nuint)_pin.AddrOfPinnedObject();
        Start = (byte*)((address + LineBytes - 1) / LineBytes * LineBytes);
    }

    /// <summary>Gets the first byte.</summary>
    public byte* Start { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_pin.IsAllocated)
        {
            _pin.Free();
            ArrayPool<byte>.Shared.Return(_rented);
        }
    }
}
