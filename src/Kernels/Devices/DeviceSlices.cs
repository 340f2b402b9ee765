using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.Devices;

/// <summary>How kernels search many values: each group a slice of them, and this puts together what the groups found.</summary>
/// <remarks>
/// What is found are pairs of 32-bit words. A slice's pair is its largest value and the first index of that, or, for <see cref="IDeviceParts.FindCandidates"/>, the sum of its exponentials and its number of candidates.
/// The candidates stand behind the pairs of all slices: index and value.
/// </remarks>
internal static class DeviceSlices
{
    /// <summary>Values of a slice.</summary>
    public const int Length = 1024;

    /// <summary>Gets the number of slices.</summary>
    /// <param name="count">Number of values.</param>
    public static int Count(int count) => (int)(((long)count + Length - 1) / Length);

    /// <summary>Computes the bytes of the pairs.</summary>
    /// <param name="count">Number of values.</param>
    public static long Bytes(int count) => 2 * sizeof(int) * ((long)Count(count) + DeviceCandidates.Room);

    /// <summary>Gives what <see cref="IDeviceParts.FindLargest"/> does.</summary>
    /// <param name="device">Where the slices were searched.</param>
    /// <param name="count">Number of values.</param>
    /// <param name="found">The pairs.</param>
    public static (float Value, int Index) ReadLargest(IDevice device, int count, DeviceBuffer found)
    {
        int[] words = Read(device, found, Count(count));
        (float Value, int Index) largest = (float.NegativeInfinity, words[1]);
        for (int i = 0; i < words.Length; i += 2)
        {
            float value = BitConverter.Int32BitsToSingle(words[i]);
            if (float.IsNaN(value))
            {
                return (value, 0);
            }

            if (value > largest.Value)
            {
                largest = (value, words[i + 1]);
            }
        }

        return largest;
    }

    /// <summary>Gives what <see cref="IDeviceParts.FindCandidates"/> does.</summary>
    /// <param name="device">Where the slices were searched.</param>
    /// <param name="count">Number of values.</param>
    /// <param name="found">The pairs.</param>
    public static DeviceCandidates? ReadCandidates(IDevice device, int count, DeviceBuffer found)
    {
        int slices = Count(count);
        int[] words = Read(device, found, slices + DeviceCandidates.Room);
        double total = 0;
        long candidates = 0;
        for (int slice = 0; slice < slices; slice++)
        {
            total += BitConverter.Int32BitsToSingle(words[2 * slice]);
            candidates += words[(2 * slice) + 1];
        }

        return candidates > DeviceCandidates.Room
            ? null
            : new(total, [.. Enumerable.Range(slices, (int)candidates).Select(pair => (words[2 * pair], BitConverter.Int32BitsToSingle(words[(2 * pair) + 1])))]);
    }

    private static int[] Read(IDevice device, DeviceBuffer found, int pairs)
    {
        int[] words = new int[2 * pairs];
        device.Download(found, 0, MemoryMarshal.AsBytes(words.AsSpan()));
        return words;
    }
}
