using Iced.Intel;

namespace OutlierQuant.Kernels.Tests.MachineCode.Emulation;

/// <summary>The general registers, the flags that emitted code looks at, and the order of instructions.</summary>
/// <remarks>Intel, "64 and IA-32 Architectures Software Developer's Manual", volume 2. Registers hold nonsense at first, so that what is read before it is written shows.</remarks>
internal sealed unsafe class EmulatedProcessor
{
    private const long Nonsense = 0x5EED_5EED_5EED_5EED;
    private const int StackPointer = 4;

    private static readonly Register[] _arguments = [Register.RDI, Register.RSI, Register.RDX, Register.RCX, Register.R8, Register.R9];
    private static readonly Register[] _keptByCallee = [Register.RBX, Register.RBP, Register.RSP, Register.R12, Register.R13, Register.R14, Register.R15];

    private readonly Instruction[] _instructions;
    private readonly Dictionary<ulong, int> _indices;
    private readonly long[] _general = new long[16];
    private readonly EmulatedVectors _vectors;
    private readonly EmulatedTiles _tiles;
    private bool _zero;
    private bool _carry;

    public EmulatedProcessor(Instruction[] instructions, Dictionary<ulong, int> indices)
    {
        _instructions = instructions;
        _indices = indices;
        _vectors = new EmulatedVectors(this);
        _tiles = new EmulatedTiles(this);
        Array.Fill(_general, Nonsense);
    }

    /// <summary>Runs until the return.</summary>
    public void Call(byte* stackEnd, ReadOnlySpan<nint> arguments)
    {
        var stack = (long*)stackEnd;
        for (var i = arguments.Length - 1; i >= _arguments.Length; i--)
        {
            *--stack = arguments[i];
        }

        *--stack = Nonsense;
        _general[StackPointer] = (nint)stack;
        for (var i = 0; i < Math.Min(arguments.Length, _arguments.Length); i++)
        {
            _general[_arguments[i].GetNumber()] = arguments[i];
        }

        long[] kept = [.. _keptByCallee.Select(register => _general[register.GetNumber()])];
        for (var next = 0; next >= 0;)
        {
            next = Execute(_instructions[next], next + 1);
        }

        for (var i = 0; i < kept.Length; i++)
        {
            if (_general[_keptByCallee[i].GetNumber()] != kept[i])
            {
                throw new InvalidOperationException($"The function returned with another {_keptByCallee[i]}.");
            }
        }

        _vectors.RequireCleanUpperHalves();
        _tiles.RequireReleased();
    }

    /// <summary>Gives the address of an instruction's memory operand.</summary>
    public byte* AddressOf(in Instruction instruction) => (byte*)(instruction.IsIPRelativeMemoryOperand
        ? (long)instruction.IPRelativeMemoryAddress
        : BaseOf(instruction) + StrideOf(instruction));

    /// <summary>Gives the address of a tile's first row.</summary>
    public long BaseOf(in Instruction instruction) =>
        (instruction.MemoryBase == Register.None ? 0 : _general[instruction.MemoryBase.GetNumber()]) + (long)instruction.MemoryDisplacement64;

    /// <summary>Gives what an index adds: bytes from one row of a tile to the next.</summary>
    public long StrideOf(in Instruction instruction) =>
        instruction.MemoryIndex == Register.None ? 0 : _general[instruction.MemoryIndex.GetNumber()] * instruction.MemoryIndexScale;

    /// <summary>Reads a whole-number operand.</summary>
    public long Read(in Instruction instruction, int operand)
    {
        switch (instruction.GetOpKind(operand))
        {
            case OpKind.Register:
                var register = instruction.GetOpRegister(operand);
                var value = _general[register.GetNumber()];
                return register.GetSize() switch { 8 => value, 4 => (uint)value, 1 when register == Register.AL => (byte)value, _ => throw Unknown(instruction) };
            case OpKind.Memory:
                return instruction.MemorySize.GetSize() switch { 8 => *(long*)AddressOf(instruction), 4 => *(uint*)AddressOf(instruction), _ => throw Unknown(instruction) };
            default:
                return (long)instruction.GetImmediate(operand);
        }
    }

    /// <summary>Says that an instruction is not known here.</summary>
    public static InvalidOperationException Unknown(in Instruction instruction) => new($"The emulator does not know '{instruction}'.");

    /// <summary>Executes an instruction, and returns the index of the one that follows; −1 after the return.</summary>
    private int Execute(in Instruction instruction, int next)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Ret:
                return *(long*)_general[StackPointer] == Nonsense ? -1 : throw new InvalidOperationException("The function returns to another place.");
            case Mnemonic.Jmp:
                return Target(instruction);
            case Mnemonic.Je:
                return _zero ? Target(instruction) : next;
            case Mnemonic.Jne:
                return _zero ? next : Target(instruction);
            case Mnemonic.Jb:
                return _carry ? Target(instruction) : next;
            case Mnemonic.Jae:
                return _carry ? next : Target(instruction);
            case Mnemonic.Push:
                _general[StackPointer] -= sizeof(long);
                *(long*)_general[StackPointer] = Read(instruction, 0);
                return next;
            case Mnemonic.Pop:
                Write(instruction, *(long*)_general[StackPointer]);
                _general[StackPointer] += sizeof(long);
                return next;
            case Mnemonic.Mov:
                Write(instruction, Read(instruction, 1));
                return next;
            case Mnemonic.Cmove when _zero:
            case Mnemonic.Cmovne when !_zero:
                Write(instruction, Read(instruction, 1));
                return next;
            case Mnemonic.Lea:
                Write(instruction, (long)AddressOf(instruction));
                return next;
            case Mnemonic.Nop or Mnemonic.Cmove or Mnemonic.Cmovne or Mnemonic.Prefetcht0 or Mnemonic.Prefetcht1:
                return next;
            case Mnemonic.Add or Mnemonic.Sub or Mnemonic.Cmp or Mnemonic.Test or Mnemonic.Xor or Mnemonic.Dec or Mnemonic.Neg or Mnemonic.Shl:
                Calculate(instruction);
                return next;
            default:
                if (!_tiles.Execute(instruction))
                {
                    _vectors.Execute(instruction);
                }

                return next;
        }
    }

    private int Target(in Instruction instruction) => _indices[instruction.NearBranchTarget];

    private void Calculate(in Instruction instruction)
    {
        var left = Read(instruction, 0);
        var right = instruction.OpCount > 1 ? Read(instruction, 1) : 0;
        var result = instruction.Mnemonic switch
        {
            Mnemonic.Add => left + right,
            Mnemonic.Sub or Mnemonic.Cmp => left - right,
            Mnemonic.Test => left & right,
            Mnemonic.Xor => left ^ right,
            Mnemonic.Dec => left - 1,
            Mnemonic.Neg => -left,
            _ => left << (int)right,
        };
        _carry = instruction.Mnemonic switch
        {
            Mnemonic.Add => (ulong)result < (ulong)left,
            Mnemonic.Sub or Mnemonic.Cmp => (ulong)left < (ulong)right,
            Mnemonic.Test or Mnemonic.Xor => false,
            Mnemonic.Dec => _carry,
            Mnemonic.Neg => left != 0,
            _ => right > 0 && ((left >> (64 - (int)right)) & 1) != 0,
        };
        _zero = result == 0;
        if (instruction.Mnemonic is not (Mnemonic.Cmp or Mnemonic.Test))
        {
            Write(instruction, result);
        }
    }

    private void Write(in Instruction instruction, long value)
    {
        if (instruction.Op0Kind == OpKind.Memory)
        {
            *(long*)AddressOf(instruction) = instruction.MemorySize.GetSize() == sizeof(long) ? value : throw Unknown(instruction);
            return;
        }

        var register = instruction.Op0Register;
        _general[register.GetNumber()] = register.GetSize() switch { 8 => value, 4 => (uint)value, _ => throw Unknown(instruction) };
    }
}
