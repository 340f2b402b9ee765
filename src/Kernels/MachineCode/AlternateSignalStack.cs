using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.MachineCode;

/// <summary>A large stack for the signal handlers of one thread, from its construction to its disposal on that thread.</summary>
/// <remarks>The signal frame of a thread that has used AMX takes about 11.5 KiB, and the runtime's own alternate stack of 16 KiB then overflows when a
/// null dereference becomes a NullReferenceException. So AMX runs only on threads that have one of these.</remarks>
internal sealed unsafe class AlternateSignalStack : IDisposable
{
    /// <summary>Bytes of the stack, the guard page at its low end included.</summary>
    public const int Length = 256 * 1024;

    [ThreadStatic]
    private static bool _isInstalledHere;

    private readonly void* _address;
    private readonly SystemCalls.SignalStack _previous;

    /// <summary>Installs the stack for the calling thread.</summary>
    /// <exception cref="InvalidOperationException">The system refuses, or the thread has one already.</exception>
    public AlternateSignalStack()
    {
        if (_isInstalledHere)
        {
            throw new InvalidOperationException("This thread has its alternate signal stack already.");
        }

        _address = SystemCalls.Map(null, Length, SystemCalls.ReadWrite, SystemCalls.PrivateAnonymous, -1, 0);
        if (SystemCalls.IsRefused(_address))
        {
            throw new InvalidOperationException($"memory for an alternate signal stack was refused (mmap: errno {Marshal.GetLastPInvokeError()})");
        }

        _ = SystemCalls.Protect(_address, (nuint)Environment.SystemPageSize, SystemCalls.NoAccess);
        SystemCalls.SignalStack installed = new() { Address = _address, Length = Length }, previous;
        if (SystemCalls.SetSignalStack(&installed, &previous) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            _ = SystemCalls.Unmap(_address, Length);
            throw new InvalidOperationException($"an alternate signal stack was refused (sigaltstack: errno {error})");
        }

        _previous = previous;
        _isInstalledHere = true;
    }

    /// <summary>Gets a value indicating whether the calling thread may use AMX.</summary>
    public static bool IsInstalledHere => _isInstalledHere;

    /// <summary>Refuses tile registers on a thread that may not use them.</summary>
    /// <param name="user">What uses them, as the subject of the message.</param>
    /// <exception cref="InvalidOperationException">The calling thread has no such stack.</exception>
    public static void RequireHere(string user)
    {
        if (!_isInstalledHere)
        {
            throw new InvalidOperationException($"{user} uses tile registers, so it runs on a team's own threads only: call WorkerTeam.Run with ownThreadsOnly.");
        }
    }

    /// <summary>Puts the runtime's own stack back, which the runtime frees when the thread ends.</summary>
    public void Dispose()
    {
        SystemCalls.SignalStack previous = _previous;
        _ = SystemCalls.SetSignalStack(&previous, null);
        _ = SystemCalls.Unmap(_address, Length);
        _isInstalledHere = false;
    }
}
