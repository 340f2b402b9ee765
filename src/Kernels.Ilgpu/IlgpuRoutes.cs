namespace OutlierQuant.Kernels.Ilgpu;

/// <summary>Which of the kernels run on a device.</summary>
/// <param name="MostRowTokens">Up to this many tokens, each row is read once for each token; above it, tiles share rows and tokens.</param>
/// <param name="TensorCores">Whether tiles are multiplied by tensor cores.</param>
internal sealed record IlgpuRoutes(int MostRowTokens, bool TensorCores);
