using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Benchmarks.Ceilings;

/// <summary>Reads memory in sequence, from more than the caches hold.</summary>
internal sealed class MemoryLoop
{
    /// <summary>Bytes that one call reads, in one piece: about what a thread takes at a time of a large matrix.</summary>
    private const int RangeBytes = 2 << 20;

    private readonly byte[][] _buffers;
    private int _turn;
    private int _last;

    /// <summary>Initializes the buffers with random bytes.</summary>
    /// <param name="totalBytes">Bytes that the loop goes through before it reads the first again.</param>
    public MemoryLoop(long totalBytes)
    {
        Random random = new(1);
        _buffers = new byte[(int)Math.Max(2, (totalBytes + RangeBytes - 1) / RangeBytes)][];
        for (int i = 0; i < _buffers.Length; i++)
        {
            random.NextBytes(_buffers[i] = GC.AllocateUninitializedArray<byte>(RangeBytes));
        }
    }

    /// <summary>Makes the loops: one stream of addresses a thread, and four at once, which open more pages of DRAM.</summary>
    public IReadOnlyList<CeilingLoop> Loops() =>
    [
        new(CeilingKind.DramRead, "256-bit loads, one stream a thread", RangeBytes, () => Read(1)),
        new(CeilingKind.DramRead, "256-bit loads, four streams a thread", RangeBytes, () => Read(4)),
    ];

    private void Read(int streams)
    {
        byte[] buffer = _buffers[(uint)Interlocked.Increment(ref _turn) % (uint)_buffers.Length];
        _last = streams == 1 ? ReadOne(buffer) : ReadFour(buffer);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ReadOne(byte[] buffer)
    {
        ref byte start = ref MemoryMarshal.GetArrayDataReference(buffer);
        Vector256<byte> a = default, b = default, c = default, d = default;
        for (nuint i = 0; i < RangeBytes; i += 128)
        {
            (a, b) = (a ^ Vector256.LoadUnsafe(ref start, i), b ^ Vector256.LoadUnsafe(ref start, i + 32));
            (c, d) = (c ^ Vector256.LoadUnsafe(ref start, i + 64), d ^ Vector256.LoadUnsafe(ref start, i + 96));
        }

        return Vector256.Sum((a ^ b ^ c ^ d).AsInt32());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ReadFour(byte[] buffer)
    {
        const nuint Part = RangeBytes / 4;
        ref byte start = ref MemoryMarshal.GetArrayDataReference(buffer);
        Vector256<byte> a = default, b = default, c = default, d = default;
        for (nuint i = 0; i < Part; i += 64)
        {
            a ^= Vector256.LoadUnsafe(ref start, i) ^ Vector256.LoadUnsafe(ref start, i + 32);
            b ^= Vector256.LoadUnsafe(ref start, i + Part) ^ Vector256.LoadUnsafe(ref start, i + Part + 32);
            c ^= Vector256.LoadUnsafe(ref start, i + (2 * Part)) ^ Vector256.LoadUnsafe(ref start, i + (2 * Part) + 32);
            d ^= Vector256.LoadUnsafe(ref start, i + (3 * Part)) ^ Vector256.LoadUnsafe(ref start, i + (3 * Part) + 32);
        }

        return Vector256.Sum((a ^ b ^ c ^ d).AsInt32());
    }
}
