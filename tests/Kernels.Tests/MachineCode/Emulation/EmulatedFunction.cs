using System.Runtime.InteropServices;
using Iced.Intel;
using Xunit;

namespace OutlierQuant.Kernels.Tests.MachineCode.Emulation;

/// <summary>Emitted machine code that is run instruction by instruction, so that it is tested on processors that lack its instructions.</summary>
/// <remarks>Memory is the process's own: a read beyond a buffer meets the same guard page.</remarks>
internal sealed unsafe class EmulatedFunction
{
    private const int StackBytes = 4096;
    private const int Alignment = 64;

    private readonly byte* _code;
    private readonly Instruction[] _instructions;
    private readonly Dictionary<ulong, int> _indices = [];

    /// <summary>Assembles a function that ends with its only return; what follows is data.</summary>
    public EmulatedFunction(Assembler assembler)
    {
        var length = Assemble(assembler, 0).Length;
        _code = (byte*)NativeMemory.AlignedAlloc((nuint)length, Alignment);
        byte[] bytes = Assemble(assembler, (ulong)_code);
        bytes.CopyTo(new Span<byte>(_code, length));
        Decoder decoder = Decoder.Create(64, bytes, (ulong)_code);
        List<Instruction> instructions = [];
        do
        {
            instructions.Add(decoder.Decode());
            Assert.False(instructions[^1].IsInvalid);
            _indices[instructions[^1].IP] = instructions.Count - 1;
        }
        while (instructions[^1].Mnemonic != Mnemonic.Ret);
        _instructions = [.. instructions];
    }

    ~EmulatedFunction() => NativeMemory.AlignedFree(_code);

    /// <summary>Calls it by the System V convention, with whole numbers and addresses only.</summary>
    /// <exception cref="InvalidOperationException">It executed what the processor would fault on, or returned in a state that the convention forbids.</exception>
    public void Call(params ReadOnlySpan<nint> arguments)
    {
        var stack = (byte*)NativeMemory.AlignedAlloc(StackBytes, Alignment);
        try
        {
            new EmulatedProcessor(_instructions, _indices).Call(stack + StackBytes, arguments);
        }
        finally
        {
            NativeMemory.AlignedFree(stack);
        }

        GC.KeepAlive(this);
    }

    private static byte[] Assemble(Assembler assembler, ulong address)
    {
        using MemoryStream bytes = new();
        assembler.Assemble(new StreamCodeWriter(bytes), address);
        return bytes.ToArray();
    }
}
