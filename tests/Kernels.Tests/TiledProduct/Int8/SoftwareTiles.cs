using OutlierQuant.Kernels.TiledProduct.Int8;

namespace OutlierQuant.Kernels.Tests.TiledProduct.Int8;

/// <summary>The software twin of the int8 microkernels: what <see cref="TileBlock"/> defines, number by number, on any machine.</summary>
/// <param name="raises">Whether it works as those do that raise the activations by 128.</param>
internal sealed unsafe class SoftwareTiles(bool raises) : TileMicrokernel
{
    public override string Name => raises ? "software, raised" : "software";

    public override bool NeedsStarts => raises;

    public override void Multiply(TileBlock* block)
    {
        for (int strip = 0; strip < block->Strips; strip++)
        {
            sbyte* activations = (sbyte*)block->Activations + (strip * block->StripBytes);
            for (int feature = 0; feature < TileLayout.PairRows; feature++)
            {
                for (int token = 0; token < TileLayout.StripTokens; token++)
                {
                    block->Sums[(strip * TileLayout.BlockSums) + (feature * TileLayout.StripTokens) + token] = Sum(block, activations, feature, token);
                }
            }
        }
    }

    private float Sum(TileBlock* block, sbyte* activations, int feature, int token)
    {
        float total = 0;
        int half = 0, raise = raises ? 128 : 0;
        for (int g = 0; g < block->Groups; g++)
        {
            int halves = block->HasHalfSteps ? 1 : 2 * (int)(g == block->Groups - 1 ? block->LastGroupSteps : block->GroupSteps);
            int index = (g * TileLayout.PairRows) + feature;
            int sum = raises ? block->Starts[index] : 0;
            for (int end = half + halves; half < end; half++)
            {
                // 32 neighbouring codes of the feature, and 8 rows of 4 codes of the token.
                int step = half / 2 * 2048;
                sbyte* codes = (sbyte*)block->Weights + step + (feature / 16 * 1024) + (feature % 16 * 64) + (half % 2 * 32);
                sbyte* rows = activations + step + (token / 16 * 1024) + (half % 2 * 512) + (token % 16 * 4);
                for (int k = 0; k < 32; k++)
                {
                    sum = unchecked(sum + (codes[k] * (rows[(k / 4 * 64) + (k % 4)] + raise)));
                }
            }

            total = g == 0 ? sum * block->Scales[index] : MathF.FusedMultiplyAdd(sum, block->Scales[index], total);
        }

        return total;
    }
}
