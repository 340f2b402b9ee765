using System.Globalization;

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;

/// <summary>What the names of a kernel stand for.</summary>
internal sealed class PtxNames
{
    private readonly Dictionary<string, int> _registers = [];

    public Dictionary<string, int> Parameters { get; } = [];

    /// <summary>Gets offsets in shared memory.</summary>
    public Dictionary<string, int> Shared { get; } = [];

    /// <summary>Gets the instruction behind each label.</summary>
    public Dictionary<string, int> Labels { get; } = [];

    public int RegisterCount => _registers.Count;

    /// <summary>Gives a register's index.</summary>
    public int Register(string name)
    {
        if (!name.StartsWith('%'))
        {
            throw new PtxException($"{name} is no register");
        }

        _registers.TryAdd(name, _registers.Count);
        return _registers[name];
    }

    /// <summary>Gives the registers of a list in braces, or the one that stands alone.</summary>
    public int[] Registers(string operand) => [.. operand.Trim('{', '}').Split(',', StringSplitOptions.TrimEntries).Select(Register)];

    /// <summary>Gives what reads an operand: a register, a number, an address or what a lane is told about itself.</summary>
    public Func<PtxLane, ulong> Value(string operand)
    {
        if (operand.StartsWith("0f", StringComparison.Ordinal) || operand.StartsWith("0d", StringComparison.Ordinal))
        {
            ulong bits = ulong.Parse(operand.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            return _ => bits;
        }

        if (long.TryParse(operand, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            return _ => (ulong)number;
        }

        if (Shared.TryGetValue(operand, out int offset))
        {
            return _ => (ulong)offset;
        }

        switch (operand)
        {
            case "%tid.x": return static lane => (ulong)lane.Item.X;
            case "%tid.y": return static lane => (ulong)lane.Item.Y;
            case "%ctaid.x": return static lane => (ulong)lane.Group.Place.X;
            case "%ctaid.y": return static lane => (ulong)lane.Group.Place.Y;
            default:
                int register = Register(operand);
                return lane => lane.Registers[register];
        }
    }

    /// <summary>Gives what computes the address in brackets: a register or a name, and an offset.</summary>
    public Func<PtxLane, ulong> Address(string operand)
    {
        string[] parts = operand.Trim('[', ']').Split('+', StringSplitOptions.TrimEntries);
        Func<PtxLane, ulong> start = Value(parts[0]);
        ulong offset = parts.Length > 1 ? (ulong)long.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        return lane => start(lane) + offset;
    }
}
