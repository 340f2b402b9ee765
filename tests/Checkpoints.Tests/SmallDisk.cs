using System.Diagnostics;
using OutlierQuant.Testing;

namespace OutlierQuant.Checkpoints.Tests;

/// <summary>A file system of 1 MiB, for tests that fill a disk. Only a privileged process on Linux can make one.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private bool _mounted;

    /// <summary>Gets why there can be none here, or null when there can.</summary>
    public static string? Obstacle { get; } = Probe();

    public string Path => _directory.Path;

    public static SmallDisk Mount()
    {
        SmallDisk disk = new();
        disk._mounted = Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.Path);
        if (!disk._mounted)
        {
            disk.Dispose();
            throw new IOException("A file system of 1 MiB could not be mounted.");
        }

        return disk;
    }

    public void Dispose()
    {
        if (_mounted)
        {
            Run("umount", Path);
        }

        _directory.Dispose();
    }

    private static string? Probe()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "needs a privileged process on Linux, to mount a file system of 1 MiB";
        }

        try
        {
            Mount().Dispose();
            return null;
        }
        catch (IOException error)
        {
            return error.Message;
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
