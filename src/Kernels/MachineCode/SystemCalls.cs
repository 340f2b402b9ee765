using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.MachineCode;

/// <summary>The system calls behind emitted code, with the constants of Linux on x64.</summary>
internal static unsafe partial class SystemCalls
{
    public const int NoAccess = 0, ReadWrite = 3, ReadExecute = 5;
    public const int PrivateAnonymous = 0x22;

    /// <summary>The number of <c>arch_prctl</c>, which the C library does not offer as a function.</summary>
    public const long ArchControl = 158;

    /// <summary>Gets a value indicating whether this process runs on Linux on x64, the only place where these calls are used.</summary>
    public static bool IsLinuxX64 => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    public static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int Unmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "sigaltstack", SetLastError = true)]
    public static partial int SetSignalStack(SignalStack* installed, SignalStack* previous);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial long Call(long number, long argument0, long argument1);

    /// <summary>Whether <see cref="Map"/> failed.</summary>
    public static bool IsRefused(void* address) => (nint)address == -1;

    /// <summary><c>stack_t</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct SignalStack
    {
        public void* Address;
        public int Flags;
        public nuint Length;
    }
}
