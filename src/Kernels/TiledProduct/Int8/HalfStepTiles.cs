using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>The int8 microkernel in 256-bit vectors of the runtime.</summary>
/// <remarks>A block is computed in chunks of 256 columns: their codes, 8 KiB of weights and 4 KiB of 16 tokens, stay in the first-level cache, beside the sums, while every four
/// features meet all tokens. The integer sums of a group wait in memory from one chunk to the next.</remarks>
internal sealed unsafe class HalfStepTiles<THalfStep> : TileMicrokernel
    where THalfStep : struct, IHalfStep
{
    private const int ChunkHalves = 8;
    private const int RowsAtOnce = 4;
    private const int SumStride = TileLayout.StripTokens;

    public override string Name => THalfStep.Name;

    public override bool NeedsStarts => THalfStep.Raises;

    public override void Multiply(TileBlock* block)
    {
        int groupHalves = block->HasHalfSteps ? 1 : 2 * (int)block->GroupSteps, lastHalves = block->HasHalfSteps ? 1 : 2 * (int)block->LastGroupSteps;
        int groups = (int)block->Groups, equalGroups = lastHalves == groupHalves ? groups : groups - 1;
        for (int strip = 0; strip < block->Strips; strip++)
        {
            if (groupHalves > ChunkHalves)
            {
                for (int g = 0; g < groups; g++)
                {
                    AddLongGroup(block, strip, g, g * groupHalves, g == groups - 1 ? lastHalves : groupHalves);
                }
            }
            else
            {
                int groupsAtOnce = ChunkHalves / groupHalves;
                for (int g = 0; g < equalGroups; g += groupsAtOnce)
                {
                    AddGroups(block, strip, g, Math.Min(groupsAtOnce, equalGroups - g), g * groupHalves, groupHalves);
                }

                if (equalGroups < groups)
                {
                    AddGroups(block, strip, equalGroups, 1, equalGroups * groupHalves, lastHalves);
                }
            }
        }
    }

    /// <summary>Adds groups that are chunks together, or shorter: scaled while they are in registers.</summary>
    private static void AddGroups(TileBlock* block, int strip, int firstGroup, int groups, int firstHalf, int groupHalves)
    {
        int side = firstGroup * TileLayout.PairRows;
        for (int t = 0; t < Tokens(block, strip); t += TileLayout.TileRows)
        {
            for (int r = 0; r < TileLayout.PairRows; r += RowsAtOnce)
            {
                GroupSums sums = new(block->Starts + side + r, block->Scales + side + r, block->Sums + (strip * TileLayout.BlockSums) + (r * SumStride) + t);
                THalfStep.AddGroups(Weights(block, firstHalf, r), Activations(block, strip, firstHalf, t), firstHalf % 2, groups, groupHalves, sums, block->Scratch, firstGroup == 0);
            }
        }
    }

    private static void AddLongGroup(TileBlock* block, int strip, int group, int firstHalf, int halves)
    {
        Begin(block, group);
        for (int half = firstHalf; half < firstHalf + halves; half += ChunkHalves)
        {
            int count = Math.Min(ChunkHalves, firstHalf + halves - half);
            for (int t = 0; t < Tokens(block, strip); t += TileLayout.TileRows)
            {
                for (int r = 0; r < TileLayout.PairRows; r += RowsAtOnce)
                {
                    THalfStep.Add(Weights(block, half, r), Activations(block, strip, half, t), half % 2, count, block->Scratch + (r * SumStride) + t);
                }
            }
        }

        Scale(block, group, block->Sums + (strip * TileLayout.BlockSums));
    }

    private static int Tokens(TileBlock* block, int strip) => (int)Math.Min(TileLayout.StripTokens, block->Tokens - (strip * TileLayout.StripTokens));

    private static byte* Weights(TileBlock* block, int half, int feature) => block->Weights + (half / 2 * TileLayout.StepBytes) + (feature * TileLayout.RowBytes);

    private static byte* Activations(TileBlock* block, int strip, int half, int token) =>
        block->Activations + (strip * block->StripBytes) + (half / 2 * TileLayout.StepBytes) + (token / TileLayout.TileRows * TileLayout.TileBytes);

    private static void Begin(TileBlock* block, int group)
    {
        for (int r = 0; r < TileLayout.PairRows; r++)
        {
            new Span<int>(block->Scratch + (r * SumStride), SumStride).Fill(THalfStep.Raises ? block->Starts[(group * TileLayout.PairRows) + r] : 0);
        }
    }

    private static void Scale(TileBlock* block, int group, float* totals)
    {
        for (int r = 0; r < TileLayout.PairRows; r++)
        {
            Vector256<float> scale = Vector256.Create(block->Scales[(group * TileLayout.PairRows) + r]);
            for (int i = r * SumStride; i < (r + 1) * SumStride; i += Vector256<float>.Count)
            {
                Vector256<float> sums = Vector256.ConvertToSingle(Vector256.Load(block->Scratch + i));
                Vector256.Store(group == 0 ? sums * scale : Vector256.FusedMultiplyAdd(sums, scale, Vector256.Load(totals + i)), totals + i);
            }
        }
    }
}
