namespace OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;

/// <summary>A group of items running a kernel: warps of 32 lanes, shared memory, barriers.</summary>
/// <remarks>A lane runs alone until it comes to a barrier, to an instruction of the whole warp, or to its end; so a value that is read without a barrier behind its writer is an old one, for one order
/// of the lanes or the other. The lanes of a warp must come to its instructions together.</remarks>
internal sealed class PtxGroup
{
    private const int WarpSize = 32;

    private readonly PtxKernel _kernel;
    private readonly PtxLane[][] _warps;

    public PtxGroup(PtxKernel kernel, PtxMemory memory, ulong[] arguments, LaunchSize size, (int X, int Y) place)
    {
        (_kernel, Memory, Arguments, Size, Place) = (kernel, memory, arguments, size, place);
        Shared = new byte[kernel.SharedBytes + size.SharedBytes];
        Shared.AsSpan().Fill(0xCD);
        _warps = [.. Enumerable.Range(0, size.ItemsX * size.ItemsY).Select(item => new PtxLane(this, kernel.Registers, item % size.ItemsX, item / size.ItemsX)).Chunk(WarpSize)];
    }

    public PtxMemory Memory { get; }

    public ulong[] Arguments { get; }

    public LaunchSize Size { get; }

    /// <summary>Gets the group's number in each direction.</summary>
    public (int X, int Y) Place { get; }

    public byte[] Shared { get; }

    /// <summary>Gives bytes of shared memory.</summary>
    /// <exception cref="PtxException">They do not lie there.</exception>
    public Span<byte> SharedAt(ulong address, int length) => address + (ulong)length <= (ulong)Shared.Length
        ? Shared.AsSpan((int)address, length)
        : throw new PtxException($"{length} bytes at {address} of shared memory, which has {Shared.Length}");

    /// <summary>Runs all lanes to their end.</summary>
    /// <param name="backwards">Whether the last lane runs first.</param>
    public void Run(bool backwards)
    {
        PtxLane[][] order = backwards ? [.. _warps.Reverse().Select(static warp => warp.Reverse().ToArray())] : _warps;
        while (true)
        {
            foreach (PtxLane[] warp in order)
            {
                RunToBarrier(warp);
            }

            PtxLane[] waiting = [.. order.SelectMany(static warp => warp).Where(static lane => lane.Next >= 0)];
            if (waiting.Length == 0)
            {
                return;
            }

            if (waiting.Length != Size.ItemsX * Size.ItemsY || waiting.Any(lane => lane.Next != waiting[0].Next))
            {
                throw new PtxException($"{_kernel.Name}: not all items come to the same barrier");
            }

            Array.ForEach(waiting, static lane => lane.Next++);
        }
    }

    private void RunToBarrier(PtxLane[] warp)
    {
        while (true)
        {
            foreach (PtxLane lane in warp)
            {
                RunAlone(lane);
            }

            int next = warp[0].Next;
            if (next < 0 || _kernel.Instructions[next].IsBarrier)
            {
                return;
            }

            if (warp.Length != WarpSize || warp.Any(lane => lane.Next != next))
            {
                throw new PtxException($"{_kernel.Name}: {_kernel.Instructions[next].Text}: not all lanes of the warp come to it");
            }

            _kernel.Instructions[next].RunWarp!([.. warp.OrderBy(lane => (lane.Item.Y * Size.ItemsX) + lane.Item.X)]);
            Array.ForEach(warp, static lane => lane.Next++);
        }
    }

    private void RunAlone(PtxLane lane)
    {
        while (lane.Next >= 0)
        {
            PtxInstruction instruction = _kernel.Instructions[lane.Next];
            bool applies = instruction.Applies(lane);
            if (applies && instruction.Run is null)
            {
                return;
            }

            lane.Next++;
            if (applies)
            {
                try
                {
                    instruction.Run!(lane);
                }
                catch (Exception failed) when (failed is PtxException or ArithmeticException)
                {
                    throw new PtxException($"{_kernel.Name}, group {Place}, item {lane.Item}: {instruction.Text}: {failed.Message}", failed);
                }
            }
        }
    }
}
