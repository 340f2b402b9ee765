using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.MachineCode;

namespace OutlierQuant.Kernels.Tests;

/// <summary>Memory with an inaccessible page on one side, so that a read or write past that side ends the test process.</summary>
/// <remarks>Needs <c>mmap</c>: on Windows the memory is ordinary, and only the canaries of the tests stand guard.</remarks>
internal sealed unsafe class GuardedBuffer<T> : IDisposable
    where T : unmanaged
{
    private const int PrivateAnonymousMac = 0x1002;

    private readonly nuint _mapped;
    private readonly byte* _base;
    private readonly T* _first;

    private GuardedBuffer(int length, bool guardAtEnd)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint bytes = (nuint)length * (nuint)Unsafe.SizeOf<T>();
        nuint usable = (bytes + page - 1) / page * page;
        _mapped = usable + (2 * page);
        Length = length;
        if (OperatingSystem.IsWindows())
        {
            _base = (byte*)NativeMemory.Alloc(_mapped);
        }
        else
        {
            int flags = OperatingSystem.IsMacOS() ? PrivateAnonymousMac : SystemCalls.PrivateAnonymous;
            _base = (byte*)SystemCalls.Map(null, _mapped, SystemCalls.NoAccess, flags, -1, 0);
            if (SystemCalls.IsRefused(_base) || (usable > 0 && SystemCalls.Protect(_base + page, usable, SystemCalls.ReadWrite) != 0))
            {
                throw new InvalidOperationException($"Mapping {_mapped} bytes failed: error {Marshal.GetLastPInvokeError()}.");
            }
        }

        _first = (T*)(_base + page + (guardAtEnd ? usable - bytes : 0));
    }

    public int Length { get; }

    public Span<T> Span => new(_first, Length);

    /// <summary>The element after the last one cannot be touched.</summary>
    public static GuardedBuffer<T> EndingAtGuard(int length) => new(length, guardAtEnd: true);

    /// <summary>The element before the first one cannot be touched.</summary>
    public static GuardedBuffer<T> StartingAtGuard(int length) => new(length, guardAtEnd: false);

    /// <summary>A guarded copy of some values.</summary>
    public static GuardedBuffer<T> Copy(ReadOnlySpan<T> values, bool guardAtEnd)
    {
        GuardedBuffer<T> buffer = new(values.Length, guardAtEnd);
        values.CopyTo(buffer.Span);
        return buffer;
    }

    public void Dispose()
    {
        if (OperatingSystem.IsWindows())
        {
            NativeMemory.Free(_base);
        }
        else
        {
            _ = SystemCalls.Unmap(_base, _mapped);
        }
    }
}
