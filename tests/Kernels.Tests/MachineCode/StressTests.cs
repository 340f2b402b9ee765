using System.Runtime.CompilerServices;
using Iced.Intel;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.MachineCode;
using OutlierQuant.Kernels.Tests.CodeProduct;
using OutlierQuant.Kernels.Threading;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace OutlierQuant.Kernels.Tests.MachineCode;

/// <summary>Emitted code on a team's own threads, beside everything that may meet it: forced collections, exceptions, null dereferences (a hardware
/// fault that the runtime turns into an exception on the alternate signal stack), and threads that come and go.</summary>
public sealed class StressTests
{
    private const int Products = 3000;
    private const int ProductsPerFault = 4;

    private static readonly string? _nothing = Environment.GetEnvironmentVariable("OUTLIERQUANT_A_VARIABLE_THAT_IS_NEVER_SET");

    [AmxFact]
    public void AmxProducts_BesideCollectionsFaultsAndThreads_StayRight()
    {
        CodeProductSimd kernel = CodeProductSimd.Amx(FloatPrecision.F32);
        ProductCase product = new(WeightFormat.Int8, 40, 48, 300, 128, 1, 1);
        Assert.True(kernel.NeedsOwnThreads(product.Format, integerActivations: true, product.Tokens));
        float[] expected = product.Multiply(ProductKernels.Named("tiles, software"), onCodes: true);
        Stress(() => Assert.Equal(expected, product.Multiply(kernel, onCodes: true)), needsStack: false);
    }

    [EmittedCodeFact]
    public unsafe void EmittedCode_BesideCollectionsFaultsAndThreads_StaysRight()
    {
        // Adds up numbers in every register that the calling convention gives away, for some microseconds.
        AssemblerRegister64[] registers = [rax, rcx, rdx, rsi, r8, r9, r10, r11];
        Assembler assembler = new(64);
        Label again = assembler.CreateLabel();
        foreach (AssemblerRegister64 register in registers)
        {
            assembler.xor(register, register);
        }

        assembler.Label(ref again);
        foreach (AssemblerRegister64 register in registers)
        {
            assembler.add(register, rdi);
        }

        assembler.dec(rdi);
        assembler.jnz(again);
        foreach (AssemblerRegister64 register in registers.Skip(1))
        {
            assembler.add(rax, register);
        }

        assembler.ret();
        using ExecutableMemory code = new(assembler);
        void* address = code.Address;
        Stress(() => Assert.Equal(8L * 3000 * 3001 / 2, ((delegate* unmanaged<long, long>)address)(3000)), needsStack: true);
    }

    /// <summary>Repeats a product on a team's own threads.</summary>
    /// <param name="product">Computes and compares.</param>
    /// <param name="needsStack">Whether to install the signal stack here, because a team does so only where AMX can be used.</param>
    private static void Stress(Action product, bool needsStack)
    {
        using WorkerTeam team = new(3);
        using CancellationTokenSource done = new();
        StrongBox<int> progress = new();
        Thread[] disturbers = [new(() => Collect(progress, done.Token)), new(() => ComeAndGo(product, needsStack, progress, done.Token))];
        Array.ForEach(disturbers, thread => thread.Start());
        int faults = 0;
        team.Run(Products, 1, (first, count) =>
        {
            using AlternateSignalStack? stack = needsStack && !AlternateSignalStack.IsInstalledHere ? new() : null;
            for (int i = first; i < first + count; i++)
            {
                product();
                Interlocked.Increment(ref progress.Value);
                if (i % ProductsPerFault == 0)
                {
                    Interlocked.Add(ref faults, Fault(i / ProductsPerFault));
                }
            }
        }, ownThreadsOnly: true);
        done.Cancel();
        Array.ForEach(disturbers, thread => thread.Join());
        Assert.Equal(Products / ProductsPerFault, faults);
    }

    /// <summary>Raises and catches an exception of one of three kinds; returns 1 if it was the right one.</summary>
    private static int Fault(int kind)
    {
        try
        {
            return (kind % 3) switch
            {
                0 => _nothing!.Length,
                1 => throw new InvalidOperationException("thrown where it is caught"),
                _ => Deep(30),
            };
        }
        catch (NullReferenceException) when (kind % 3 == 0)
        {
            return 1;
        }
        catch (InvalidOperationException) when (kind % 3 != 0)
        {
            return 1;
        }
    }

    private static int Deep(int frames) => frames == 0 ? throw new InvalidOperationException("thrown through many frames") : Deep(frames - 1) + 1;

    private static void Collect(StrongBox<int> progress, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            byte[][] garbage = [.. Enumerable.Range(0, 50).Select(i => new byte[5000])];
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.KeepAlive(garbage);
            AwaitProgress(progress, done);
        }
    }

    /// <summary>Teams that start, compute once, fail once and end; threads and tasks that only throw.</summary>
    private static void ComeAndGo(Action product, bool needsStack, StrongBox<int> progress, CancellationToken done)
    {
        for (int round = 0; !done.IsCancellationRequested; round++)
        {
            using (WorkerTeam passing = new(2))
            {
                Action<int, int> body = (_, _) =>
                {
                    using AlternateSignalStack? stack = needsStack && !AlternateSignalStack.IsInstalledHere ? new() : null;
                    product();
                };
                passing.Run(3, 1, body, ownThreadsOnly: true);
                Assert.Throws<InvalidDataException>(() => passing.Run(3, 1, (_, _) => throw new InvalidDataException("item"), ownThreadsOnly: true));
            }

            int kind = round;
            Thread thread = new(() => Assert.Equal(1, Fault(kind)));
            thread.Start();
            thread.Join();
            Assert.Equal(1, Task.Run(() => Fault(kind)).GetAwaiter().GetResult());
            AwaitProgress(progress, done);
        }
    }

    // On one processor, collections one after another would leave the products no time.
    private static void AwaitProgress(StrongBox<int> progress, CancellationToken done)
    {
        int seen = Volatile.Read(ref progress.Value);
        SpinWait.SpinUntil(() => Volatile.Read(ref progress.Value) != seen || done.IsCancellationRequested);
    }
}
