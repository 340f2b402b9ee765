using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Kernels.Bench.Workloads;

/// <summary>One product on random data, on weights that rotate through more memory than the caches hold.</summary>
internal abstract class Workload(ProductCase product)
{
    // The rotation exceeds a last-level cache of 32 MiB several times.
    private const long RotationBytes = 160L << 20;

    private int _turn;

    public ProductCase Product => product;

    protected int CopyCount { get; } = (int)Math.Clamp(RotationBytes / product.WeightBytes, 1, 64) + 1;

    public static Workload Create(ProductCase product) => product.FloatWeights is null ? new CodeProductWorkload(product) : new FloatMatmulWorkload(product);

    /// <summary>Computes the first rows of the product, shared out over the team.</summary>
    public void Multiply(KernelSuite suite, WorkerTeam team, int rowCount)
    {
        int copy = _turn++ % CopyCount;
        team.Run(rowCount, Granularity(suite), (first, count) => Multiply(suite, copy, first, count));
    }

    protected abstract int Granularity(KernelSuite suite);

    protected abstract void Multiply(KernelSuite suite, int copy, int firstRow, int rowCount);

    protected byte[][] Copies(byte[] weights) => [weights, .. Enumerable.Range(1, CopyCount - 1).Select(_ => (byte[])weights.Clone())];

    protected static float[] RandomFloats(int count, int seed)
    {
        Random random = new(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = random.NextSingle() - 0.5f;
        }

        return values;
    }
}
