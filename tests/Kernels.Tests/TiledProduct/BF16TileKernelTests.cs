using Iced.Intel;
using OutlierQuant.Kernels.Tests.MachineCode;
using OutlierQuant.Kernels.TiledProduct;
using OutlierQuant.Kernels.TiledProduct.BF16;
using Xunit;

namespace OutlierQuant.Kernels.Tests.TiledProduct;

/// <summary>The bf16 tile kernels against the definition of their steps, and what the emitted code consists of.</summary>
public sealed unsafe class BF16TileKernelTests
{
    public static TheoryData<string, int, int, int> Steps
    {
        get
        {
            TheoryData<string, int, int, int> steps = [];
            foreach (string kernel in BF16TileKernels.All.Keys)
            {
                foreach ((int items, int products, int columnTiles) in new[] { (1, 1, 1), (3, 1, 5), (1, 6, 2), (8, 3, 1), (2, 5, 16) })
                {
                    steps.Add(kernel, items, products, columnTiles);
                }
            }

            return steps;
        }
    }

    [VectorTheory]
    [MemberData(nameof(Steps))]
    public void Multiply_RandomSteps_AddsTheProductsInOrder(string kernel, int items, int productCount, int columnTiles)
    {
        // Items and products lie apart, in no order, with gaps between them.
        Random random = new(items + productCount + columnTiles);
        int partBytes = (columnTiles * BF16Tile.PairBytes) + 192, itemStride = (3 * partBytes) + 64;
        using PinnedMemory weights = new(items * itemStride), activations = new(3 * partBytes), sums = new(items * 4 * BF16Tile.Bytes);
        Fill(random, weights.Start, items * itemStride);
        Fill(random, activations.Start, 3 * partBytes);
        nint* products = stackalloc nint[2 * productCount];
        for (int i = 0; i < 2 * productCount; i++)
        {
            products[i] = random.Next(3) * partBytes;
        }

        new Span<byte>(sums.Start, items * 4 * BF16Tile.Bytes).Fill(0xFF);
        BF16TileKernels.All[kernel].Multiply(new TileSteps
        {
            Weights = weights.Start,
            Activations = activations.Start,
            Sums = (float*)sums.Start,
            Items = items,
            ItemStride = itemStride,
            ColumnTiles = columnTiles,
            Products = products,
            ProductCount = productCount,
        });
        float[] expected = new float[BF16Tile.Elements];
        for (int tile = 0; tile < 4 * items; tile++)
        {
            Array.Clear(expected);
            for (int step = 0; step < productCount * columnTiles; step++)
            {
                nint* offsets = products + (2 * (step / columnTiles));
                nint place = step % columnTiles * BF16Tile.PairBytes;
                fixed (float* c = expected)
                {
                    TileProductTwin.MultiplyAdd(
                        weights.Start + (tile / 4 * itemStride) + offsets[0] + place + (tile % 4 / 2 * BF16Tile.Bytes), activations.Start + offsets[1] + place + (tile % 2 * BF16Tile.Bytes), c);
                }
            }

            float[] actual = new Span<float>(sums.Start + (tile * BF16Tile.Bytes), BF16Tile.Elements).ToArray();
            if (kernel.StartsWith("avx512bf16", StringComparison.Ordinal))
            {
                // It rounds once a product. Factors are at most 2.
                float tolerance = 4 * 32 * productCount * columnTiles * 32 * productCount * columnTiles / (float)(1 << 24);
                Assert.All(actual.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, tolerance));
            }
            else
            {
                Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), actual.Select(BitConverter.SingleToInt32Bits));
            }
        }
    }

    [EmittedCodeFact]
    public void Multiply_OnAnotherThread_IsRefusedByTheRule() =>
        Assert.Contains("ownThreadsOnly", Assert.Throws<InvalidOperationException>(() => new AmxTileKernel().Multiply(default)).Message, StringComparison.Ordinal);

    [Fact]
    public void Code_EveryPath_ConfiguresBeforeTilesReleasesAfterThemAndSavesRegisters()
    {
        List<Instruction> code = EmittedCode.Decode(AmxTileKernel.Assemble());
        List<Mnemonic> mnemonics = [.. code.Select(instruction => instruction.Mnemonic)];
        foreach (Mnemonic once in new[] { Mnemonic.Ldtilecfg, Mnemonic.Tilerelease, Mnemonic.Ret })
        {
            Assert.Equal(1, mnemonics.Count(mnemonic => mnemonic == once));
        }

        Assert.True(mnemonics.IndexOf(Mnemonic.Ldtilecfg) < mnemonics.IndexOf(Mnemonic.Tilezero));
        Assert.True(mnemonics.IndexOf(Mnemonic.Tilerelease) > mnemonics.LastIndexOf(Mnemonic.Tilestored));
        Assert.Equal(4, mnemonics.Count(mnemonic => mnemonic == Mnemonic.Tdpbf16ps));
        ulong release = code[mnemonics.IndexOf(Mnemonic.Tilerelease)].IP;
        Assert.All(code.Where(instruction => instruction.IsJccShortOrNear || instruction.IsJmpShortOrNear), jump => Assert.True(jump.NearBranchTarget < release));

        // Of the registers that belong to the caller, RBX alone is changed, and restored.
        InstructionInfoFactory factory = new();
        Register[] callers = [Register.RBX, Register.RBP, Register.R12, Register.R13, Register.R14, Register.R15];
        IEnumerable<Register> written = code.SelectMany(instruction => factory.GetInfo(instruction).GetUsedRegisters().Where(used => used.Access is OpAccess.Write or OpAccess.ReadWrite).ToArray())
            .Select(used => used.Register.GetFullRegister()).Where(callers.Contains).Distinct();
        Assert.Equal([Register.RBX], written);
        Assert.Equal((Mnemonic.Push, Register.RBX, Mnemonic.Pop, Register.RBX), (code[0].Mnemonic, code[0].Op0Register, code[^2].Mnemonic, code[^2].Op0Register));
    }

    /// <summary>Finite values of all signs and sizes around 1, a few of them subnormal.</summary>
    private static void Fill(Random random, byte* memory, int bytes)
    {
        for (int i = 0; i < bytes / sizeof(ushort); i++)
        {
            float value = (random.NextSingle() - 0.5f) * (random.Next(50) == 0 ? 1e-38f : 4);
            ((ushort*)memory)[i] = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
        }
    }
}
