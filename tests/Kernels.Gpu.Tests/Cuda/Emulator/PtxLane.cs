namespace OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;

/// <summary>A lane: its registers, where it is, and the copies to shared memory that it began.</summary>
internal sealed class PtxLane(PtxGroup group, int registers, int x, int y)
{
    private readonly List<List<Action>> _copies = [[]];

    public PtxGroup Group { get; } = group;

    public ulong[] Registers { get; } = new ulong[registers];

    /// <summary>Gets the item's number in each direction.</summary>
    public (int X, int Y) Item { get; } = (x, y);

    /// <summary>Gets or sets the next instruction; −1 when the lane has ended.</summary>
    public int Next { get; set; }

    public float Float(int register) => BitConverter.UInt32BitsToSingle((uint)Registers[register]);

    /// <summary>Notes a copy that arrives when it is waited for, no sooner.</summary>
    public void BeginCopy(Action arrive) => _copies[^1].Add(arrive);

    /// <summary>Closes a group of copies.</summary>
    public void CommitCopies() => _copies.Add([]);

    /// <summary>Lets all groups of copies arrive but the newest.</summary>
    public void WaitForCopies(int pending)
    {
        int closed = _copies.Count - 1;
        for (int i = 0; i < closed - pending; i++)
        {
            _copies[0].ForEach(static arrive => arrive());
            _copies.RemoveAt(0);
        }
    }
}
