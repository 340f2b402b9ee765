using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Blocks;

namespace OutlierQuant.Models.Devices;

/// <summary>Keys and values of one block on a device, for the positions of one sequence so far, each head's in one piece.</summary>
internal sealed class DeviceKeyValueCache(ModelDevice device, int keyValueHeads, int headSize) : IDisposable
{
    /// <summary>Gets the keys. Shape [keyValueHeads, capacity, headSize].</summary>
    public DeviceBuffer Keys { get; private set; } = device.Allocate(0, "keys");

    /// <summary>Gets the values. Shape [keyValueHeads, capacity, headSize].</summary>
    public DeviceBuffer Values { get; private set; } = device.Allocate(0, "values");

    /// <summary>Gets the positions from one head's keys to the next head's.</summary>
    public int Capacity { get; private set; }

    /// <summary>Gets the number of positions held.</summary>
    public int Count { get; private set; }

    private long RowBytes => sizeof(float) * (long)headSize;

    /// <summary>Forgets every position, so that another sequence can use the memory.</summary>
    public void Clear() => Count = 0;

    /// <summary>Makes room for more positions behind those held.</summary>
    public void Extend(int positions)
    {
        int needed = Count + positions;
        if (needed > Capacity)
        {
            // Doubling is for decoding, which adds one position at a time; the first call takes just what it needs.
            int capacity = Count == 0 ? needed : Math.Max(needed, 2 * Capacity);
            Keys = Grow(Keys, capacity, "keys");
            Values = Grow(Values, capacity, "values");
            Capacity = capacity;
        }

        Count = needed;
    }

    /// <summary>Copies keys and values to the host's cache, which then holds as many positions.</summary>
    public void Download(KeyValueCache destination)
    {
        destination.Clear();
        destination.Extend(Count);
        for (int head = 0; head < keyValueHeads; head++)
        {
            for (int position = 0; position < Count; position++)
            {
                long place = (((long)head * Capacity) + position) * RowBytes;
                device.Device.Download(Keys, place, MemoryMarshal.AsBytes(destination.KeyAt(head, position)));
                device.Device.Download(Values, place, MemoryMarshal.AsBytes(destination.ValueAt(head, position)));
            }
        }
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        Keys.Dispose();
        Values.Dispose();
    }

    private DeviceBuffer Grow(DeviceBuffer old, int capacity, string what)
    {
        DeviceBuffer grown = device.Allocate(keyValueHeads * capacity * RowBytes, $"{what} of {capacity} positions");
        for (int head = 0; head < keyValueHeads && Count > 0; head++)
        {
            device.Device.Copy(old, head * Capacity * RowBytes, grown, head * capacity * RowBytes, Count * RowBytes);
        }

        old.Dispose();
        return grown;
    }
}
