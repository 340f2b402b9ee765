using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.CodeProduct.Steps;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Testing.Devices;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.FloatMatmul.Lanes;
using OutlierQuant.Kernels.RowProduct;
using OutlierQuant.Kernels.Tests.MachineCode.Emulation;
using OutlierQuant.Kernels.Tests.TiledProduct.Int8;
using OutlierQuant.Kernels.Tests.TiledProduct;
using OutlierQuant.Kernels.TiledProduct.BF16;
using OutlierQuant.Kernels.TiledProduct.Int8;

namespace OutlierQuant.Kernels.Tests.CodeProduct;

/// <summary>Every implementation of the products over codes. Instructions that this processor lacks run as their software twins.</summary>
internal static class ProductKernels
{
    private static readonly Dictionary<string, ICodeProductKernel> _all = Create();

    public static IEnumerable<string> Names => _all.Keys;

    public static ICodeProductKernel Named(string name) => _all[name];

    /// <summary>A kernel that multiplies floats by bf16 tiles.</summary>
    public static CodeProductSimd WithFloatTiles(IBF16TileKernel tiles, FloatPrecision precision, int fromTokens) => new(
        [new IntegerRow<Vector128ByteStep, Vector128<byte>, Vector128<int>, Vector128<float>>(), new IntegerTile<Vector128ByteStep, Vector128<byte>, Vector128<int>, Vector128<float>>()],
        [new FloatRow<Fields128, Vector128<int>, Lanes128, Vector128<float>>("vector128"), new FloatPanels("vector128", new FloatMatmulLanes<Lanes128, Vector128<float>>())],
        new FloatTiles(new BF16Product(tiles), precision, fromTokens));

    private static Dictionary<string, ICodeProductKernel> Create()
    {
        Dictionary<string, ICodeProductKernel> all = new()
        {
            ["reference"] = new CodeProductReference(),
            ["fastest"] = KernelSuite.Fastest.CodeProduct,
            ["device"] = DeviceSuite.Of(new HostDevice()).CodeProduct,
            ["vector128"] = new CodeProductSimd(
                [new IntegerRow<Vector128ByteStep, Vector128<byte>, Vector128<int>, Vector128<float>>(mostTokens: 3), new IntegerTile<Vector128ByteStep, Vector128<byte>, Vector128<int>, Vector128<float>>()],
                [new FloatRow<Fields128, Vector128<int>, Lanes128, Vector128<float>>("vector128"), new FloatPanels("vector128", new FloatMatmulLanes<Lanes128, Vector128<float>>())]),
        };

        FloatPanels panels = new("vector128", new FloatMatmulLanes<Lanes128, Vector128<float>>());
        foreach ((string name, TileMicrokernel int8, TileMicrokernel small) in TileKernels.All)
        {
            all[$"tiles, {name}"] = new CodeProductSimd(
                [new TiledIntegerRoute(small, 1, isForSmallCodes: true), new TiledIntegerRoute(int8, 1), new IntegerTile<Vector128ByteStep, Vector128<byte>, Vector128<int>, Vector128<float>>()],
                [new TiledPlaneRoute(int8, panels), panels]);
        }

        // Without AVX2 even the twins' helpers run one lane at a time, and nothing new is tested.
        if (Avx2.IsSupported)
        {
            all["avx2"] = new CodeProductSimd(
                [new IntegerRow<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>(), new IntegerTile<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>()],
                [new FixedPointRow<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>(new FloatRow<Fields256, Vector256<int>, Lanes256, Vector256<float>>("avx2")), new FloatPanels("avx2", new FloatMatmulLanes<Lanes256, Vector256<float>>())]);
            all["avx2, tiles and panels for few tokens"] = new CodeProductSimd(
                [new IntegerRow<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>(mostTokens: 1), new IntegerTile<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>()],
                [new FloatRow<Fields256, Vector256<int>, Lanes256, Vector256<float>>("avx2"), new FloatPanels("avx2", new FloatMatmulLanes<Lanes256, Vector256<float>>())]);
            all["avxvnni"] = new CodeProductSimd(
                [new IntegerRow<AvxVnniByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>(), new IntegerTile<AvxVnniByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>()],
                [new FixedPointRow<AvxVnniByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>(new FloatRow<Fields256, Vector256<int>, Lanes256, Vector256<float>>("avx2")), new FloatPanels("avx512", new FloatMatmulLanes<Lanes512, Vector512<float>>())]);
            all["avxvnni, tiles for few tokens"] = new CodeProductSimd(
                [new IntegerRow<AvxVnniByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>(mostTokens: 1), new IntegerTile<AvxVnniByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>()],
                [new FloatRow<Fields256, Vector256<int>, Lanes256, Vector256<float>>("avx2"), new FloatPanels("avx512", new FloatMatmulLanes<Lanes512, Vector512<float>>())]);
            all["avx512bw"] = new CodeProductSimd(
                [new IntegerRow<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>(mostTokens: 1), new IntegerTile<Avx512ByteStep, Vector512<byte>, Vector512<int>, Vector512<float>>(), new IntegerTile<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>()],
                [new FloatRow<Fields256, Vector256<int>, Lanes256, Vector256<float>>("avx2"), new FloatPanels("avx512", new FloatMatmulLanes<Lanes512, Vector512<float>>())]);
            foreach ((string name, IRowKernel rows) in RowKernels())
            {
                all[name] = new CodeProductSimd(
                    [new VnniIntegerRow(int.MaxValue, rows), new IntegerTile<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>()],
                    [new VnniFloatRow(new FloatRow<Fields256, Vector256<int>, Lanes256, Vector256<float>>("avx2"), int.MaxValue, rows), new FloatPanels("avx512", new FloatMatmulLanes<Lanes512, Vector512<float>>())]);
            }

            // In the emulator they take seconds a case; BF16ProductTests run them there.
            foreach ((string name, IBF16TileKernel tiles) in BF16TileKernels.All.Where(kernel => !kernel.Key.Contains("emulated", StringComparison.Ordinal)))
            {
                all[$"bf16 tiles, {name}"] = WithFloatTiles(tiles, FloatPrecision.F32, fromTokens: 1);
            }
        }

        return all;
    }

    private static IEnumerable<(string Name, IRowKernel Kernel)> RowKernels()
    {
        yield return ("avx512vnni, rows, emulated", EmulatedKernels.Rows);
        if (VectorHardware.Avx512VnniUnavailableBecause is null)
        {
            yield return ("avx512vnni, rows", EmittedRowKernel.Instance);
        }
    }
}
