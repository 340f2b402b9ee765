using System.Runtime.ConstrainedExecution;
using System.Runtime.InteropServices;
using Iced.Intel;

namespace OutlierQuant.Kernels.MachineCode;

/// <summary>Machine code that this process has assembled: pages that are first written, then made executable, and never both at once.</summary>
internal sealed unsafe class ExecutableMemory : CriticalFinalizerObject, IDisposable
{
    private static readonly Lazy<string?> _refusal = new(Probe);

    private readonly nuint _mappedLength;
    private void* _address;

    /// <summary>Assembles a function.</summary>
    /// <exception cref="InvalidOperationException">The system refuses the memory; <see cref="UnavailableBecause"/> would have said so.</exception>
    public ExecutableMemory(Assembler assembler)
    {
        // Lengths do not depend on the address: emitted code addresses nothing outside itself.
        ReadOnlySpan<byte> measured = Assemble(assembler, 0);
        Length = measured.Length;
        _mappedLength = ((nuint)measured.Length + (nuint)Environment.SystemPageSize - 1) / (nuint)Environment.SystemPageSize * (nuint)Environment.SystemPageSize;
        void* address = SystemCalls.Map(null, _mappedLength, SystemCalls.ReadWrite, SystemCalls.PrivateAnonymous, -1, 0);
        if (SystemCalls.IsRefused(address))
        {
            throw new InvalidOperationException($"executable memory was refused (mmap: errno {Marshal.GetLastPInvokeError()})");
        }

        _address = address;
        Assemble(assembler, (ulong)address).CopyTo(new Span<byte>(address, Length));
        if (SystemCalls.Protect(address, _mappedLength, SystemCalls.ReadExecute) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            Dispose();
            throw new InvalidOperationException($"executable memory was refused (mprotect: errno {error})");
        }
    }

    ~ExecutableMemory() => Release();

    /// <summary>Gets why no code can be emitted here, or null. Found by emitting and calling a small function, once.</summary>
    public static string? UnavailableBecause => _refusal.Value;

    /// <summary>Gets the first instruction. Calls go through <c>delegate* unmanaged</c>; keep this object alive as long as they may happen.</summary>
    public void* Address => _address;

    /// <summary>Gets the number of bytes of code.</summary>
    public int Length { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private static ReadOnlySpan<byte> Assemble(Assembler assembler, ulong address)
    {
        using MemoryStream code = new();
        assembler.Assemble(new StreamCodeWriter(code), address);
        return code.ToArray();
    }

    private static string? Probe()
    {
        if (!SystemCalls.IsLinuxX64)
        {
            return "machine code is emitted on Linux on x64 only";
        }

        try
        {
            Assembler assembler = new(64);
            assembler.lea(AssemblerRegisters.rax, AssemblerRegisters.__[AssemblerRegisters.rdi + AssemblerRegisters.rsi]);
            assembler.ret();
            using ExecutableMemory add = new(assembler);
            long sum = ((delegate* unmanaged<long, long, long>)add.Address)(1L << 40, 2);
            return sum == (1L << 40) + 2 ? null : $"emitted code gives wrong results (1099511627776 + 2 became {sum})";
        }
        catch (InvalidOperationException refused)
        {
            return refused.Message;
        }
    }

    private void Release()
    {
        if (_address != null)
        {
            _ = SystemCalls.Unmap(_address, _mappedLength);
            _address = null;
        }
    }
}
