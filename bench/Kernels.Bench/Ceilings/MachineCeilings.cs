using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Kernels.Bench.Ceilings;

/// <summary>Measures what the machine can do at most, with as many threads as the kernels get.</summary>
internal sealed class MachineCeilings(WorkerTeam team)
{
    private const int Rounds = 1_000_000;
    private const int PageBytes = 4096;

    // Two buffers of 128 MiB in turn: more than any cache holds.
    private readonly float[][] _memory = [Filled(1), Filled(2)];
    private int _turn;

    /// <summary>Measures reading memory once, in GB/s.</summary>
    public double DramRead()
    {
        ReadOnlyMemory<float> memory = _memory[_turn++ % _memory.Length];
        double seconds = Time(() => team.Run(memory.Length * sizeof(float) / PageBytes, 16, (first, count) =>
            Read(memory.Span.Slice(first * PageBytes / sizeof(float), count * PageBytes / sizeof(float)))));
        return memory.Length * sizeof(float) / seconds / 1e9;
    }

    /// <summary>Measures binary32 multiply-adds, in Gop/s.</summary>
    public double Binary32() => Arithmetic(() => ArithmeticPeak.Binary32(Rounds), ArithmeticPeak.Binary32Operations);

    /// <summary>Measures int8 multiply-adds, in Gop/s.</summary>
    public double Int8() => Arithmetic(() => ArithmeticPeak.Int8(Rounds), ArithmeticPeak.Int8Operations);

    private double Arithmetic<T>(Func<T> peak, int operations)
    {
        double seconds = Time(() => team.Run(4 * team.ThreadCount, 1, (_, count) =>
        {
            for (int i = 0; i < count; i++)
            {
                Sink<T>.Last = peak();
            }
        }));
        return 4.0 * team.ThreadCount * Rounds * operations / seconds / 1e9;
    }

    private static double Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static void Read(ReadOnlySpan<float> memory)
    {
        ReadOnlySpan<Vector256<float>> vectors = MemoryMarshal.Cast<float, Vector256<float>>(memory);
        Vector256<float> a = default, b = default, c = default, d = default;
        for (int i = 0; i + 4 <= vectors.Length; i += 4)
        {
            (a, b, c, d) = (a ^ vectors[i], b ^ vectors[i + 1], c ^ vectors[i + 2], d ^ vectors[i + 3]);
        }

        Sink<float>.Last = Vector256.Sum(a ^ b ^ c ^ d);
    }

    private static float[] Filled(int seed)
    {
        float[] memory = GC.AllocateUninitializedArray<float>(32 << 20);
        Random random = new(seed);
        for (int i = 0; i < memory.Length; i++)
        {
            memory[i] = i < 1 << 16 ? random.NextSingle() : memory[i - (1 << 16)] + 1;
        }

        return memory;
    }

    /// <summary>Results that nobody reads but the compiler must compute.</summary>
    private static class Sink<T>
    {
        public static T? Last { get; set; }
    }
}
