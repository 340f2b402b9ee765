using System.Runtime.InteropServices;
using ILGPU;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Ilgpu.Instructions;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Kernels.Ilgpu.Tests.Tensor;

/// <summary>What lanes hold for <c>mma.sync</c>, against an emulator of the instruction over plain arrays.</summary>
public sealed class TensorFragmentsTests
{
    private const int Side = TensorSums.Side, RowBytes = TensorFragments.RowBytes;

    [Fact]
    public void Place_EveryWordOfATile_HasAPlaceOfItsOwnWithinItsRow()
    {
        for (int row = 0; row < TensorSums.GroupSide; row++)
        {
            int[] places = [.. Enumerable.Range(0, TensorFragments.RowWords).Select(word => TensorFragments.Place(row, word)).Order()];
            Assert.Equal(Enumerable.Range(row * TensorFragments.RowWords, TensorFragments.RowWords), places);
        }
    }

    [Fact]
    public void Place_LanesThatLoadTogether_TouchEachBankOnce()
    {
        // Sixteen lanes load eight bytes each at a time: four rows, four pairs of words of one slice. Banks are four bytes wide, and 32.
        for (int slice = 0; slice < 4; slice++)
        {
            for (int first = 0; first < Side; first += 4)
            {
                IEnumerable<int> banks = from lane in Enumerable.Range(0, 16)
                                         let pair = (2 * TensorFragments.Place(first + (lane / 4), (2 * slice) + (lane % 4 / 2))) + (lane % 2)
                                         from half in (int[])[0, 1]
                                         select ((2 * pair) + half) % 32;
                Assert.Equal(Enumerable.Range(0, 32), banks.Order());
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Fragments_MultipliedByTheEmulator_GiveTheProduct(int slice)
    {
        SimulatedWarp warp = SimulatedWarp.Run(slice, seed: slice);
        for (int m = 0; m < 2; m++)
        {
            for (int n = 0; n < 4; n++)
            {
                int[,] integers = new int[32, 4];
                float[,] floats = new float[32, 4];
                TensorCoreEmulator.MultiplyInt8(warp.A(m), warp.B(n), integers);
                TensorCoreEmulator.MultiplyF16(warp.A(m), warp.B(n), floats);
                for (int lane = 0; lane < 32; lane++)
                {
                    for (int i = 0; i < 4; i++)
                    {
                        int token = (16 * m) + (lane / 4) + (i < 2 ? 0 : 8), row = (8 * n) + (lane % 4 * 2) + (i & 1);
                        Assert.Equal(warp.Bytes(token, row), integers[lane, i]);
                        Assert.Equal(warp.Halves(token, row), floats[lane, i], 1e-3 * Math.Abs(warp.Halves(token, row)) + 1e-6);
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void TensorSums_Simulated_GiveTheProduct(int slice)
    {
        SimulatedWarp warp = SimulatedWarp.Run(slice, seed: 10 + slice);
        for (int token = 0; token < Side; token++)
        {
            for (int row = 0; row < Side; row++)
            {
                Assert.Equal(warp.Bytes(token, row), warp.Products[(token * Side) + row]);
                Assert.Equal(warp.Halves(token, row), warp.Products[(Side * Side) + (token * Side) + row], 1e-3 * Math.Abs(warp.Halves(token, row)) + 1e-6);
            }
        }
    }

    /// <summary>Random tiles, and what a simulated warp made of them. Every pair of bytes is a binary16 number between −2 and 2.</summary>
    private sealed class SimulatedWarp(byte[] tokens, byte[] rows, int slice)
    {
        private readonly Words[] _tokenFragments = new Words[2 * 32];
        private readonly Pair[] _rowFragments = new Pair[4 * 32];

        public float[] Products { get; } = new float[2 * Side * Side];

        public static SimulatedWarp Run(int slice, int seed)
        {
            Random random = new(seed);
            SimulatedWarp warp = new(RandomTile(random), RandomTile(random), slice);
            using IlgpuDevice device = IlgpuDevice.Simulate(32, 1, new IlgpuRoutes(MostRowTokens: 1, TensorCores: true));
            using IlgpuBuffer tokens = Upload<byte>(device, warp.Tokens), rows = Upload<byte>(device, warp.Rows);
            using IlgpuBuffer tokenFragments = Upload<Words>(device, warp._tokenFragments), rowFragments = Upload<Pair>(device, warp._rowFragments), products = Upload<float>(device, warp.Products);
            FragmentOperands operands = new()
            {
                Tokens = tokens.Words,
                Rows = rows.Words,
                Slice = slice,
                TokenFragments = tokenFragments.Words,
                RowFragments = rowFragments.As<Pair>(),
                Products = products.As<float>(),
            };
            device.Launch(FragmentKernels.Multiply, new KernelConfig(new Index3D(1, 1, 1), new Index3D(32, 1, 1)), operands);
            device.Download(tokenFragments, 0, MemoryMarshal.AsBytes(warp._tokenFragments.AsSpan()));
            device.Download(rowFragments, 0, MemoryMarshal.AsBytes(warp._rowFragments.AsSpan()));
            device.Download(products, 0, MemoryMarshal.AsBytes(warp.Products.AsSpan()));
            return warp;
        }

        public byte[] Tokens { get; } = tokens;

        public byte[] Rows { get; } = rows;

        /// <summary>The registers of 16 tokens.</summary>
        public uint[,] A(int m)
        {
            uint[,] registers = new uint[32, 4];
            for (int lane = 0; lane < 32; lane++)
            {
                Words words = _tokenFragments[(32 * m) + lane];
                (registers[lane, 0], registers[lane, 1], registers[lane, 2], registers[lane, 3]) = ((uint)words.A, (uint)words.B, (uint)words.C, (uint)words.D);
            }

            return registers;
        }

        /// <summary>The registers of 8 rows.</summary>
        public uint[,] B(int n)
        {
            uint[,] registers = new uint[32, 2];
            for (int lane = 0; lane < 32; lane++)
            {
                Pair words = _rowFragments[(32 * n) + lane];
                (registers[lane, 0], registers[lane, 1]) = ((uint)words.A, (uint)words.B);
            }

            return registers;
        }

        /// <summary>The product of a token and a row over the slice, as signed bytes.</summary>
        public int Bytes(int token, int row) => Enumerable.Range(32 * slice, 32).Sum(i => (sbyte)Tokens[(token * RowBytes) + i] * (sbyte)Rows[(row * RowBytes) + i]);

        /// <summary>The product of a token and a row over the slice, as binary16 numbers.</summary>
        public double Halves(int token, int row) => Enumerable.Range(0, 16).Sum(i => Half(Tokens, token, i) * Half(Rows, row, i));

        private double Half(byte[] tile, int row, int i) => (double)BitConverter.ToHalf(tile, (row * RowBytes) + (32 * slice) + (2 * i));

        private static byte[] RandomTile(Random random) =>
            [.. Enumerable.Range(0, Side * RowBytes / 2).SelectMany(_ => BitConverter.GetBytes((System.Half)((random.NextSingle() * 4) - 2)))];

        private static IlgpuBuffer Upload<T>(IlgpuDevice device, T[] values)
            where T : unmanaged
        {
            DeviceBuffer buffer = device.Allocate(MemoryMarshal.AsBytes(values.AsSpan()).Length, "a tile");
            device.Upload(MemoryMarshal.AsBytes(values.AsSpan()), buffer);
            return (IlgpuBuffer)buffer;
        }
    }
}
