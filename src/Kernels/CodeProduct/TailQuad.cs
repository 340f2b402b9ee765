using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>A copy of the last bytes of a packed row with zero bytes behind them, so that vectors can read whole quads of 128 columns.</summary>
/// <remarks>A zero byte is not code 0 in every format; the activations it meets are 0.</remarks>
[InlineArray(128)]
internal struct TailQuad
{
    private byte _first;

    [UnscopedRef]
    public ref byte First => ref _first;

    public static TailQuad Copy(ReadOnlySpan<byte> bytes)
    {
        TailQuad quad = default;
        bytes.CopyTo(MemoryMarshal.CreateSpan(ref quad._first, 128));
        return quad;
    }
}
