namespace OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;

/// <summary>Instructions of a lane that move data: loads, stores, and copies that arrive later.</summary>
internal static class PtxTransfer
{
    /// <summary>Gives what an instruction does.</summary>
    public static Action<PtxLane> Read(string[] operation, string[] operands, PtxNames names) => string.Join('.', operation) switch
    {
        "cp.async.cg.shared.global" => BeginCopy(operands, names),
        "cp.async.commit_group" => static lane => lane.CommitCopies(),
        "cp.async.wait_group" => Wait(int.Parse(operands[0], System.Globalization.CultureInfo.InvariantCulture)),
        _ => (operation[0], operation[1]) switch
        {
            ("ld", "param") => LoadParameter(operation, operands, names),
            ("ld", "global" or "shared") => Load(operation, operands, names),
            ("st", "global" or "shared") => Store(operation, operands, names),
            _ => throw new PtxException("unknown to the emulator"),
        },
    };

    private static Action<PtxLane> Wait(int pending) => lane => lane.WaitForCopies(pending);

    // From now on the destination is neither old nor new.
    private static Action<PtxLane> BeginCopy(string[] operands, PtxNames names)
    {
        Func<PtxLane, ulong> destination = names.Address(operands[0]), source = names.Address(operands[1]), length = operands.Length > 3 ? names.Value(operands[3]) : static _ => 16;
        return lane =>
        {
            ulong to = destination(lane), from = source(lane);
            int count = (int)length(lane);
            PtxMemory.CheckAlignment(to, 16);
            PtxMemory.CheckAlignment(from, 16);
            byte[] bytes = new byte[16];
            if (count > 0)
            {
                lane.Group.Memory.At(from, count).CopyTo(bytes);
            }

            lane.Group.SharedAt(to, 16).Fill(0xEE);
            lane.BeginCopy(() => bytes.CopyTo(lane.Group.SharedAt(to, 16)));
        };
    }

    private static Action<PtxLane> LoadParameter(string[] operation, string[] operands, PtxNames names)
    {
        int destination = names.Register(operands[0]), parameter = names.Parameters[operands[1].Trim('[', ']')], bits = Bits(operation[^1]);
        return lane => lane.Registers[destination] = bits == 64 ? lane.Group.Arguments[parameter] : (uint)lane.Group.Arguments[parameter];
    }

    private static Action<PtxLane> Load(string[] operation, string[] operands, PtxNames names)
    {
        int[] destinations = names.Registers(operands[0]);
        Func<PtxLane, ulong> address = names.Address(operands[1]);
        int length = Bits(operation[^1]) / 8;
        bool isShared = operation[1] == "shared", isSigned = operation[^1][0] == 's';
        return lane =>
        {
            Span<byte> bytes = At(lane, isShared, address(lane), length * destinations.Length);
            for (int i = 0; i < destinations.Length; i++)
            {
                ulong value = PtxMemory.Read(bytes.Slice(i * length, length));
                lane.Registers[destinations[i]] = isSigned ? PtxArithmetic.SignExtended(value, 8 * length) : value;
            }
        };
    }

    private static Action<PtxLane> Store(string[] operation, string[] operands, PtxNames names)
    {
        Func<PtxLane, ulong> address = names.Address(operands[0]);
        Func<PtxLane, ulong>[] sources = [.. operands[1].Trim('{', '}').Split(',', StringSplitOptions.TrimEntries).Select(names.Value)];
        int length = Bits(operation[^1]) / 8;
        bool isShared = operation[1] == "shared";
        return lane =>
        {
            Span<byte> bytes = At(lane, isShared, address(lane), length * sources.Length);
            for (int i = 0; i < sources.Length; i++)
            {
                PtxMemory.Write(bytes.Slice(i * length, length), sources[i](lane));
            }
        };
    }

    private static Span<byte> At(PtxLane lane, bool isShared, ulong address, int length)
    {
        PtxMemory.CheckAlignment(address, length);
        return isShared ? lane.Group.SharedAt(address, length) : lane.Group.Memory.At(address, length);
    }

    private static int Bits(string type) => int.Parse(type.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
}
