using OutlierQuant.Kernels.TiledProduct.BF16;
using Xunit;

namespace OutlierQuant.Kernels.Tests.TiledProduct;

public sealed unsafe class FloatActivationTilesTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 33, 3)]
    [InlineData(32, 64, 1)]
    [InlineData(47, 65, 2)]
    [InlineData(65, 31, 3)]
    public void Fill_EveryElement_StandsWhereTheInstructionReadsIt(int tokens, int columns, int parts)
    {
        float[] source = Activations(tokens, columns);
        using FloatActivationTiles tiles = new(tokens, columns, parts, []);
        tiles.Fill(source, 0, tiles.Pieces);
        Assert.True(tiles.IsSplittable);
        for (int t = 0; t < tiles.Pieces * 32; t++)
        {
            for (int c = 0; c < BF16Tile.ColumnTiles(columns) * 32; c++)
            {
                float expected = t < tokens && c < columns ? source[(t * columns) + c] : 0, sum = 0;
                for (int part = 0; part < parts; part++)
                {
                    sum += Element(tiles, t, c, part);
                }

                // Half a step of 8 bits is what one part may leave, half a step of what that has two.
                float allowed = parts == 3 ? 0 : MathF.Abs(expected) / (parts == 1 ? 256 : 65536);
                Assert.True(MathF.Abs(sum - expected) <= allowed, $"Token {t}, column {c}: {sum} is not {expected}.");
            }
        }
    }

    [Fact]
    public void Fill_PreservedChannels_AreZeroInTheTilesAndStandBeside()
    {
        const int Tokens = 35, Columns = 70;
        float[] source = Activations(Tokens, Columns);
        (source[(2 * Columns) + 33], source[(34 * Columns) + 69], source[69]) = (float.NaN, float.NegativeInfinity, float.MaxValue);
        using FloatActivationTiles tiles = new(Tokens, Columns, 3, [33, 69]);
        tiles.Fill(source, 0, tiles.Pieces);
        Assert.True(tiles.IsSplittable);
        for (int t = 0; t < 64; t++)
        {
            Assert.Equal(0, Element(tiles, t, 33, 0));
            Assert.Equal(0, Element(tiles, t, 69, 0));
            Assert.Equal(t < Tokens ? source[(t * Columns) + 33] : 0, tiles.Preserved(0)[t]);
            Assert.Equal(t < Tokens ? source[(t * Columns) + 69] : 0, tiles.Preserved(1)[t]);
        }
    }

    [Fact]
    public void Fill_StripByStrip_GivesTheSameTiles()
    {
        float[] source = Activations(101, 77);
        using FloatActivationTiles whole = new(101, 77, 3, [5]), strips = new(101, 77, 3, [5]);
        whole.Fill(source, 0, 4);
        foreach (int strip in (int[])[2, 0, 3, 1])
        {
            strips.Fill(source, strip, 1);
        }

        Assert.True(new ReadOnlySpan<byte>(whole.Tiles(0), 4 * whole.StripBytes).SequenceEqual(new(strips.Tiles(0), 4 * strips.StripBytes)));
        Assert.Equal(whole.Preserved(0).ToArray(), strips.Preserved(0).ToArray());
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(1e20f)]
    public void Fill_OneValueWithoutParts_IsNoticed(float value)
    {
        foreach (int place in (int[])[0, 36, 37, (32 * 37) + 32, (32 * 37) + 36])
        {
            float[] source = Activations(33, 37);
            source[place] = value;
            using FloatActivationTiles tiles = new(33, 37, 3, []);
            tiles.Fill(source, 0, tiles.Pieces);
            Assert.False(tiles.IsSplittable);
        }
    }

    [Fact]
    public void Fill_TokenOfTinyValues_IsNoticedButTinyValuesBesideOthersAreNot()
    {
        float[] source = Activations(2, 40);
        source.AsSpan(40).Fill(1e-30f);
        using FloatActivationTiles tiny = new(2, 40, 3, []);
        tiny.Fill(source, 0, 1);
        Assert.False(tiny.IsSplittable);

        source[79] = 1;
        using FloatActivationTiles mixed = new(2, 40, 3, []);
        mixed.Fill(source, 0, 1);
        Assert.True(mixed.IsSplittable);
    }

    private static float[] Activations(int tokens, int columns)
    {
        Random random = new(tokens);
        return [.. Enumerable.Range(0, tokens * columns).Select(_ => (random.NextSingle() - 0.5f) * 6)];
    }

    private static float Element(FloatActivationTiles tiles, int token, int column, int part)
    {
        int bytes = (token / 32 * tiles.StripBytes) + (part * tiles.PartBytes) + (column / 32 * 2048) + (token % 32 / 16 * 1024);
        ushort bits = ((ushort*)tiles.Tiles(0))[(bytes / 2) + (column % 32 / 2 * 32) + (token % 16 * 2) + (column % 2)];
        return BitConverter.UInt32BitsToSingle((uint)bits << 16);
    }
}
