using ILGPU;
using ILGPU.Algorithms;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu;

/// <summary>How many groups of how many threads a kernel takes on a device.</summary>
/// <param name="warpSize">Lanes of a warp.</param>
/// <param name="mostThreads">The most threads of a group.</param>
internal sealed class LaunchSizes(int warpSize, int mostThreads)
{
    /// <summary>Eight warps of a CUDA device: enough to keep it busy, and few enough to share its registers.</summary>
    private const int EnoughThreads = 256;

    private readonly int _warps = Math.Max(1, Math.Min(EnoughThreads, mostThreads) / warpSize);

    /// <summary>Gives a warp to each row of each token: see <see cref="Instructions.RowPlace"/>.</summary>
    public KernelConfig Rows(int rows, int tokens) => new(Index((long)XMath.DivRoundUp(rows, _warps) * tokens), new Index3D(warpSize, _warps, 1));

    /// <summary>Gets one warp.</summary>
    public KernelConfig OneWarp => new(new Index3D(1, 1, 1), new Index3D(warpSize, 1, 1));

    /// <summary>Gives a group of warps to each of some rows.</summary>
    public KernelConfig Groups(int rows) => new(new Index3D(rows, 1, 1), new Index3D(warpSize, _warps, 1));

    /// <summary>Gives a thread to each of some values.</summary>
    public KernelConfig Threads(long count) => new(Index(XMath.DivRoundUp(count, (long)Math.Min(EnoughThreads, mostThreads))), new Index3D(Math.Min(EnoughThreads, mostThreads), 1, 1));

    /// <summary>Gives a thread to two rows of two tokens, in square groups.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="tokens">Tokens.</param>
    /// <param name="mostSide">The most threads of a group in one direction, a power of two.</param>
    public KernelConfig Tiles(int rows, int tokens, int mostSide)
    {
        int side = mostSide;
        while (side * side > mostThreads)
        {
            side /= 2;
        }

        return new KernelConfig(new Index3D(XMath.DivRoundUp(rows, 2 * side), XMath.DivRoundUp(tokens, 2 * side), 1), new Index3D(side, side, 1));
    }

    /// <summary>Gives a group of four warps to 64 rows of 64 tokens.</summary>
    public static KernelConfig TensorTiles(int rows, int tokens) =>
        new(new Index3D(XMath.DivRoundUp(rows, TensorSums.GroupSide), XMath.DivRoundUp(tokens, TensorSums.GroupSide), 1), new Index3D(TensorSums.Lanes, TensorSums.Warps, 1));

    private static Index3D Index(long count) => new(checked((int)count), 1, 1);
}
