using Iced.Intel;
using Xunit;

namespace OutlierQuant.Kernels.Tests.MachineCode;

/// <summary>What an assembler emits, as instructions.</summary>
internal static class EmittedCode
{
    /// <summary>Decodes up to the return; what follows is data.</summary>
    public static List<Instruction> Decode(Assembler assembler)
    {
        using MemoryStream bytes = new();
        assembler.Assemble(new StreamCodeWriter(bytes), 0);
        Decoder decoder = Decoder.Create(64, bytes.ToArray());
        List<Instruction> code = [];
        do
        {
            code.Add(decoder.Decode());
            Assert.False(code[^1].IsInvalid);
        }
        while (code[^1].Mnemonic != Mnemonic.Ret);
        return code;
    }
}
