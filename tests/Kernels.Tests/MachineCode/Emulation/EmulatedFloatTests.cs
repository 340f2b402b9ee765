using OutlierQuant.Kernels.FloatMatmul;
using Xunit;

namespace OutlierQuant.Kernels.Tests.MachineCode.Emulation;

/// <summary>The emitted loops of float products, run by the emulator, against the loops that they stand for: bit for bit.</summary>
public unsafe class EmulatedFloatTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(37, false)]
    [InlineData(37, true)]
    public void WideTile_EqualsTheLoop(int columns, bool adds)
    {
        const int Rows = 32, Stride = 40;
        float[] tile = Values(WideTile.Tokens * columns, 1), panel = Values(columns * Rows, 2), sums = Values(WideTile.Tokens * Stride, 3);
        float[] expected = [.. sums];
        for (int token = 0; token < WideTile.Tokens; token++)
        {
            for (int row = 0; row < Rows; row++)
            {
                float sum = 0;
                for (int column = 0; column < columns; column++)
                {
                    sum = MathF.FusedMultiplyAdd(tile[(token * columns) + column], panel[(column * Rows) + row], sum);
                }

                expected[(token * Stride) + row] = adds ? sum + expected[(token * Stride) + row] : sum;
            }
        }

        fixed (float* activations = tile, weights = panel, destination = sums)
        {
            new EmulatedFunction(WideTile.Assemble(adds)).Call((nint)activations, (nint)weights, columns, (nint)destination, Stride * sizeof(float), columns * sizeof(float));
        }

        Assert.Equal(expected, sums);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void HalfTiles_EqualTheLoop(int tokens)
    {
        const int Columns = 24, Stride = 31, Lanes = HalfTiles.Width;
        float[] x = Values(tokens * Columns, 1), sums = Values(tokens * DotTiles.Rows * Lanes, 2);
        Half[] w = [.. Values(DotTiles.Rows * Stride, 3).Select(value => (Half)value)];
        float[] expected = [.. sums];
        for (int i = 0; i < tokens * DotTiles.Rows * Columns; i++)
        {
            int column = i % Columns, row = i / Columns % DotTiles.Rows, token = i / Columns / DotTiles.Rows;
            ref float sum = ref expected[(((token * DotTiles.Rows) + row) * Lanes) + (column % Lanes)];
            sum = MathF.FusedMultiplyAdd(x[(token * Columns) + column], (float)w[(row * Stride) + column], sum);
        }

        fixed (float* activations = x, total = sums)
        fixed (Half* weights = w)
        {
            new EmulatedFunction(HalfTiles.Assemble(tokens)).Call((nint)activations, (nint)weights, Stride, Columns, (nint)weights, 64, (nint)total);
        }

        Assert.Equal(expected, sums);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(32)]
    [InlineData(88)]
    public void HalfWidening_WidensEveryValue(int count)
    {
        Half[] source = [.. Values(count, 1).Select(value => (Half)value)];
        source[3] = Half.Epsilon;
        source[5] = Half.NegativeInfinity;
        var destination = new float[count];

        fixed (Half* from = source)
        fixed (float* to = destination)
        {
            new EmulatedFunction(HalfWidening.Assemble()).Call((nint)to, (nint)from, count);
        }

        Assert.Equal(source.Select(value => (float)value), destination);
    }

    private static float[] Values(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }
}
