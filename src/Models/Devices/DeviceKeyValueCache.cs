using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Blocks;
using OutlierQuant.Models.Folding;

namespace OutlierQuant.Models.Devices;

/// <summary>Keys and values of one block on a device for one sequence so far, each head's in one piece: constants first, if the model has any, then a row for each token.</summary>
internal sealed class DeviceKeyValueCache(ModelDevice device, int keyValueHeads, int headSize) : IDisposable
{
    private AttentionConstants? _constants;

    /// <summary>Gets the keys. Shape [keyValueHeads, capacity, headSize].</summary>
    public DeviceBuffer Keys { get; private set; } = device.Allocate(0, "keys");

    /// <summary>Gets the values. Shape [keyValueHeads, capacity, headSize].</summary>
    public DeviceBuffer Values { get; private set; } = device.Allocate(0, "values");

    /// <summary>Gets the rows from one head's keys to the next head's.</summary>
    public int Capacity { get; private set; }

    /// <summary>Gets the number of rows held.</summary>
    public int Count { get; private set; }

    private long RowBytes => sizeof(float) * (long)headSize;

    /// <summary>Forgets the sequence, so that another can use the memory.</summary>
    /// <param name="constants">What stands before that sequence; null for nothing.</param>
    public void Restart(AttentionConstants? constants)
    {
        Count = 0;
        if (constants is null)
        {
            return;
        }

        Extend(constants.Slots);

        // Tokens are written behind the constants, so they are still there when the next window comes to the same block.
        if (ReferenceEquals(constants, _constants))
        {
            return;
        }

        _constants = constants;
        int size = constants.Slots * headSize;
        for (int head = 0; head < keyValueHeads; head++)
        {
            device.Device.Upload(MemoryMarshal.AsBytes(constants.Keys.Span.Slice(head * size, size)), Keys, head * Capacity * RowBytes);
            device.Device.Upload(MemoryMarshal.AsBytes(constants.Values.Span.Slice(head * size, size)), Values, head * Capacity * RowBytes);
        }
    }

    /// <summary>Makes room for more rows behind those held.</summary>
    public void Extend(int rows)
    {
        int needed = Count + rows;
        if (needed > Capacity)
        {
            // Doubling is for decoding, which adds one row at a time; the first call takes just what it needs.
            int capacity = Count == 0 ? needed : Math.Max(needed, 2 * Capacity);
            Keys = Grow(Keys, capacity, "keys");
            Values = Grow(Values, capacity, "values");
            Capacity = capacity;
        }

        Count = needed;
    }

    /// <summary>Copies keys and values to the host's cache, which then holds as many rows.</summary>
    public void Download(KeyValueCache destination)
    {
        destination.Restart(null);
        destination.Extend(Count);
        for (int head = 0; head < keyValueHeads; head++)
        {
            for (int row = 0; row < Count; row++)
            {
                long place = (((long)head * Capacity) + row) * RowBytes;
                device.Device.Download(Keys, place, MemoryMarshal.AsBytes(destination.KeyAt(head, row)));
                device.Device.Download(Values, place, MemoryMarshal.AsBytes(destination.ValueAt(head, row)));
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
        DeviceBuffer grown = device.Allocate(keyValueHeads * capacity * RowBytes, $"{what} of {capacity} rows");
        for (int head = 0; head < keyValueHeads && Count > 0; head++)
        {
            device.Device.Copy(old, head * Capacity * RowBytes, grown, head * capacity * RowBytes, Count * RowBytes);
        }

        old.Dispose();
        return grown;
    }
}
