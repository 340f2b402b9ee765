using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>The int8 microkernel in 256-bit vectors of the runtime.</summary>
/// <remarks>A block is computed in chunks of 512 columns: their codes, 16 KiB of weights and 8 KiB of 16 tokens, stay in the first-level cache while every four
/// features meet all tokens. The integer sums of a group wait in memory from one chunk to the next.</remarks>
internal sealed unsafe class HalfStepTiles<THalfStep> : TileMicrokernel
    where THalfStep : struct, IHalfStep
{
    private const int ChunkHalves = 16;
    private const int RowsAtOnce = 4;
    private const int SumStride = TileLayout.StripTokens;

    public override string Name => THalfStep.Name;

    public override bool NeedsStarts => THalfStep.Raises;

    public override void Multiply(TileBlock* block)
    {
        int groupHalves = block->HasHalfSteps ? 1 : 2 * (int)block->GroupSteps, lastHalves = block->HasHalfSteps ? 1 : 2 * (int)block->LastGroupSteps;
        for (int strip = 0; strip < block->Strips; strip++)
        {
            byte* activations = block->Activations + (strip * block->StripBytes);
            int tokens = (int)Math.Min(TileLayout.StripTokens, block->Tokens - (strip * TileLayout.StripTokens));
            for (int g = 0; g < block->Groups; g++)
            {
                Begin(block, g);
                int first = g * groupHalves, end = first + (g == block->Groups - 1 ? lastHalves : groupHalves);
                for (int half = first; half < end; half += ChunkHalves)
                {
                    AddChunk(block, activations, tokens, half, Math.Min(ChunkHalves, end - half));
                }

                Scale(block, g, block->Sums + (strip * TileLayout.BlockSums));
            }
        }
    }

    private static void Begin(TileBlock* block, int group)
    {
        for (int r = 0; r < TileLayout.PairRows; r++)
        {
            new Span<int>(block->Scratch + (r * SumStride), SumStride).Fill(THalfStep.Raises ? block->Starts[(group * TileLayout.PairRows) + r] : 0);
        }
    }

    private static void AddChunk(TileBlock* block, byte* activations, int tokenCount, int firstHalf, int halves)
    {
        int step = firstHalf / 2 * TileLayout.StepBytes;
        for (int t = 0; t < tokenCount; t += TileLayout.TileRows)
        {
            byte* tokens = activations + step + (t / TileLayout.TileRows * TileLayout.TileBytes);
            for (int r = 0; r < TileLayout.PairRows; r += RowsAtOnce)
            {
                THalfStep.Add(block->Weights + step + (r * TileLayout.RowBytes), tokens, firstHalf % 2, halves, block->Scratch + (r * SumStride) + t);
            }
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
