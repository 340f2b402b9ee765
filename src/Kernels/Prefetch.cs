using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace OutlierQuant.Kernels;

/// <summary>Asks for weights before they are needed.</summary>
/// <remarks>The hardware looks ahead within a page of 4 KiB only, and rows of codes are short, so that it starts anew every few rows. Asking for what lies behind the end is harmless.</remarks>
internal static class Prefetch
{
    private const int Distance = 2048;

    /// <summary>Asks for the cache line that lies a distance behind a byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Ahead(ref byte weights)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0((byte*)Unsafe.AsPointer(ref weights) + Distance);
        }
    }

    /// <summary>Asks for a cache line, into the second-level cache: for what is needed later than the first level would keep it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Later(ref byte weights)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(Unsafe.AsPointer(ref weights));
        }
    }
}
