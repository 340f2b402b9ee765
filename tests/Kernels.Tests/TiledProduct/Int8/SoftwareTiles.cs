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
        int column = 0;
        for (int g = 0; g < block->Groups; g++)
        {
            int depth = block->HasHalfSteps ? 32 : 64 * (int)(g == block->Groups - 1 ? block->LastGroupSteps : block->GroupSteps);
            int index = (g * TileLayout.PairRows) + feature;
            int sum = raises ? block->Starts[index] : 0;
            for (int end = column + depth; column < end; column++)
            {
                int weight = ((sbyte*)block->Weights)[WeightPlace(feature, column)], activation = activations[ActivationPlace(token, column)];
                sum = unchecked(sum + (weight * (raises ? activation + 128 : activation)));
            }

            total = g == 0 ? sum * block->Scales[index] : MathF.FusedMultiplyAdd(sum, block->Scales[index], total);
        }

        return total;
    }

    private static int WeightPlace(int feature, int column) => (column / 64 * 2048) + (feature / 16 * 1024) + (feature % 16 * 64) + (column % 64);

    private static int ActivationPlace(int token, int column) => (column / 64 * 2048) + (token / 16 * 1024) + (column % 64 / 4 * 64) + (token % 16 * 4) + (column % 4);
}
