using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Testing.Devices;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.FloatMatmul.Lanes;
using OutlierQuant.Kernels.Tests.TiledProduct;
using OutlierQuant.Kernels.TiledProduct.BF16;

namespace OutlierQuant.Kernels.Tests.FloatMatmul;

/// <summary>The products with float weights to test: every suite that can run here, and every width forced, in the form for few tokens and in tiles. Software stands in where the hardware is absent.</summary>
internal static class FloatMatmulKernels
{
    public static IReadOnlyDictionary<string, IFloatMatmulKernel> All { get; } =
        KernelSuite.All.Where(suite => suite.IsAvailable).Select(suite => (suite.Name, suite.FloatMatmul))
        .Append(("1 lane", new FloatMatmulLanes<SingleLane, float>()))
        .Append(("4 lanes", new FloatMatmulLanes<Lanes128, Vector128<float>>(int.MaxValue)))
        .Append(("8 lanes", new FloatMatmulLanes<Lanes256, Vector256<float>>(int.MaxValue)))
        .Append(("16 lanes", new FloatMatmulLanes<Lanes512, Vector512<float>>(int.MaxValue)))
        .Append(("4 lanes, tiles", new FloatMatmulLanes<Lanes128, Vector128<float>>(1)))
        .Append(("8 lanes, tiles", new FloatMatmulLanes<Lanes256, Vector256<float>>(1)))
        .Append(("16 lanes, tiles", new FloatMatmulLanes<Lanes512, Vector512<float>>(1)))
        .Append(("device", DeviceSuite.Of(new HostDevice()).FloatMatmul))
        .Concat(BF16TileKernels.All.Where(tiles => Avx2.IsSupported).Select(tiles => (
            $"bf16 tiles, {tiles.Key}",
            (IFloatMatmulKernel)new FloatMatmulTiles(new BF16Product(tiles.Value), new FloatMatmulLanes<Lanes512, Vector512<float>>(), FloatPrecision.F32, fromTokens: 1, fromRows: 0))))
        .ToDictionary();
}
