namespace OutlierQuant.Kernels.Ilgpu;

/// <summary>Which of the kernels run on a device, and over how much at once.</summary>
/// <param name="MostRowTokens">Up to this many tokens, each row is read once for each token; above it, tiles share rows and tokens.</param>
/// <param name="TensorCores">Whether tiles are multiplied by tensor cores.</param>
/// <param name="MostPartials">The most partial sums of attention that are in memory at once, unless one row needs more; by default 32 MiB of them.</param>
internal sealed record IlgpuRoutes(int MostRowTokens, bool TensorCores, int MostPartials = 1 << 23);
