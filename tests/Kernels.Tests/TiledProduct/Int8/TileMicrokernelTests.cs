using Iced.Intel;
using OutlierQuant.Kernels.Tests.MachineCode;
using OutlierQuant.Kernels.TiledProduct;
using OutlierQuant.Kernels.TiledProduct.Int8;
using Xunit;

namespace OutlierQuant.Kernels.Tests.TiledProduct.Int8;

/// <summary>The emitted microkernels against their software twin, and what their code consists of.</summary>
public sealed unsafe class TileMicrokernelTests
{
    public static TheoryData<string, bool, int, int, int> Blocks
    {
        get
        {
            TheoryData<string, bool, int, int, int> blocks = [];
            foreach (string kernel in TileKernels.All.Select(kernel => kernel.Name))
            {
                // Strips, groups, and steps of a group; 0 for groups of half a step. The last of several groups is shorter.
                foreach ((int strips, int groups, int steps) in new[] { (1, 1, 1), (3, 1, 5), (2, 3, 2), (1, 4, 1), (1, 9, 1), (2, 3, 4), (2, 2, 5), (2, 1, 0), (3, 2, 0), (1, 5, 0), (1, 19, 0) })
                {
                    blocks.Add(kernel, false, strips, groups, steps);
                    blocks.Add(kernel, true, strips, groups, steps);
                }
            }

            return blocks;
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Multiply_RandomBlock_EqualsTheTwinBitForBit(string name, bool isSmall, int strips, int groups, int groupSteps)
    {
        int lastSteps = groups > 1 && groupSteps > 1 ? groupSteps - 1 : groupSteps;
        int steps = groupSteps == 0 ? (groups + 1) / 2 : ((groups - 1) * groupSteps) + lastSteps;
        Random random = new(groups + steps);
        using PinnedMemory weights = new(steps * TileLayout.StepBytes), activations = new(strips * steps * TileLayout.StepBytes), sides = new(groups * 256), sums = new((strips + 1) * 4096);
        FillCodes(random, new Span<byte>(weights.Start, steps * TileLayout.StepBytes), isSmall ? 8 : 127);
        FillCodes(random, new Span<byte>(activations.Start, strips * steps * TileLayout.StepBytes), 127);
        float* scales = (float*)sides.Start;
        int* starts = (int*)(scales + (groups * 32));
        for (int i = 0; i < groups * 32; i++)
        {
            scales[i] = random.NextSingle() - 0.5f;
            starts[i] = -128 * SumOfCodes((sbyte*)weights.Start, i % 32, i / 32, groupSteps, groupSteps == 0 ? 32 : 64 * (i / 32 == groups - 1 ? lastSteps : groupSteps));
        }

        TileBlock block = new()
        {
            Weights = weights.Start,
            Activations = activations.Start,
            StripBytes = steps * TileLayout.StepBytes,
            Strips = strips,
            Tokens = 32 * strips,
            Scales = scales,
            Starts = starts,
            Groups = groups,
            GroupSteps = groupSteps,
            LastGroupSteps = lastSteps,
            Sums = (float*)sums.Start,
            Scratch = (int*)(sums.Start + (strips * 4096)),
            Prefetch = weights.Start,
        };
        new SoftwareTiles(false).Multiply(&block);
        int[] expected = new Span<int>(sums.Start, strips * 1024).ToArray();
        new Span<byte>(sums.Start, strips * 4096).Fill(0xFF);
        TileMicrokernel kernel = TileKernels.All.Where(kernel => kernel.Name == name).Select(kernel => isSmall ? kernel.Small : kernel.Int8).Single();
        kernel.Multiply(&block);
        Assert.Equal(expected, new Span<int>(sums.Start, strips * 1024).ToArray());
    }

    [EmittedCodeFact]
    public void AmxInt8_OnAnotherThread_IsRefusedByTheRule()
    {
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(CallAmx);
        Assert.Contains("ownThreadsOnly", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AmxCode_EveryPath_ConfiguresBeforeTilesAndReleasesBeforeReturning(bool halfSteps)
    {
        List<Instruction> code = EmittedCode.Decode(AmxTiles.Int8Code(halfSteps));
        List<Mnemonic> mnemonics = [.. code.Select(instruction => instruction.Mnemonic)];
        Assert.Equal(1, mnemonics.Count(mnemonic => mnemonic == Mnemonic.Ldtilecfg));
        Assert.Equal(1, mnemonics.Count(mnemonic => mnemonic == Mnemonic.Tilerelease));
        Assert.Equal(1, mnemonics.Count(mnemonic => mnemonic == Mnemonic.Ret));
        Assert.True(mnemonics.IndexOf(Mnemonic.Ldtilecfg) < mnemonics.IndexOf(Mnemonic.Tilezero));
        Assert.True(mnemonics.IndexOf(Mnemonic.Tilerelease) > mnemonics.LastIndexOf(Mnemonic.Tilestored));
        Assert.Equal(4, mnemonics.Count(mnemonic => mnemonic == Mnemonic.Tdpbssd));
        Assert.Equal(4, mnemonics.Count(mnemonic => mnemonic == Mnemonic.Tileloadd));

        // No jump leads past the release.
        ulong release = code[mnemonics.IndexOf(Mnemonic.Tilerelease)].IP;
        Assert.All(code.Where(instruction => instruction.IsJccShortOrNear || instruction.IsJmpShortOrNear), jump => Assert.True(jump.NearBranchTarget <= release));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EmittedCode_EveryKernel_SavesTheRegistersOfItsCaller(bool halfSteps)
    {
        foreach (Assembler assembler in new[] { AmxTiles.Int8Code(halfSteps), Avx512VnniTiles.Int8Code(halfSteps) })
        {
            List<Instruction> code = EmittedCode.Decode(assembler);
            Assert.Equal(
                code.Where(instruction => instruction.Mnemonic == Mnemonic.Push).Select(instruction => instruction.Op0Register),
                code.Where(instruction => instruction.Mnemonic == Mnemonic.Pop).Select(instruction => instruction.Op0Register).Reverse());
            Register[] saved = [.. code.Where(instruction => instruction.Mnemonic == Mnemonic.Push).Select(instruction => instruction.Op0Register)];
            InstructionInfoFactory factory = new();
            foreach (Register register in new[] { Register.RBX, Register.RBP, Register.R12, Register.R13, Register.R14, Register.R15 })
            {
                bool isWritten = code.Any(instruction => instruction.Mnemonic != Mnemonic.Pop && factory.GetInfo(instruction).GetUsedRegisters().Any(used =>
                    used.Register.GetFullRegister() == register && used.Access is OpAccess.Write or OpAccess.ReadWrite or OpAccess.CondWrite or OpAccess.ReadCondWrite));
                Assert.True(!isWritten || saved.Contains(register), $"{register} is changed but not saved.");
            }
        }
    }

    private static void CallAmx()
    {
        TileBlock block = default;
        AmxTiles.Int8.Multiply(&block);
    }

    /// <summary>Half of the codes are the largest ones, because their products come close to the limits of 16 bits.</summary>
    private static void FillCodes(Random random, Span<byte> codes, int largest)
    {
        foreach (ref byte code in codes)
        {
            code = (byte)(sbyte)(random.Next(4) switch { 0 => largest, 1 => -largest, _ => random.Next(-largest, largest + 1) });
        }
    }

    private static int SumOfCodes(sbyte* weights, int feature, int group, int groupSteps, int depth)
    {
        int first = group * (groupSteps == 0 ? 32 : 64 * groupSteps), sum = 0;
        for (int column = first; column < first + depth; column++)
        {
            sum += weights[(column / 64 * 2048) + (feature / 16 * 1024) + (feature % 16 * 64) + (column % 64)];
        }

        return sum;
    }
}
