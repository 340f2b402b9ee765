using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Tests;
using Xunit;

namespace OutlierQuant.Kernels.Ilgpu.Tests;

/// <summary>Copies to and from an <see cref="IlgpuDevice"/>.</summary>
public sealed class IlgpuDeviceTests
{
    [Fact]
    public async Task UploadAndDownload_WhileTheCollectorMovesArrays_CopyWhatTheArraysHold()
    {
        // ILGPU takes an address of what it copies: an array that moves meanwhile would be read, and written, where it was.
        using CancellationTokenSource isDone = new();
        Task collector = Task.Run(() =>
        {
            while (!isDone.IsCancellationRequested)
            {
                GC.Collect(0, GCCollectionMode.Forced, blocking: true, compacting: true);
            }
        });
        using IDevice device = TestedDevices.Open();
        using DeviceBuffer buffer = device.Allocate(64 * sizeof(int), "numbers");
        List<int> wrong = [];
        for (int round = 0; round < 5_000; round++)
        {
            // What is collected in front of an array makes room that it moves into.
            _ = new byte[200];
            int[] written = [.. Enumerable.Range(round, 64)];
            _ = new byte[200];
            int[] read = new int[64];
            device.Upload(MemoryMarshal.AsBytes<int>(written), buffer);
            device.Download(buffer, 0, MemoryMarshal.AsBytes(read.AsSpan()));
            if (!written.SequenceEqual(read))
            {
                wrong.Add(round);
            }
        }

        await isDone.CancelAsync();
        await collector;
        Assert.Empty(wrong);
    }
}
