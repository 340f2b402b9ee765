namespace OutlierQuant.Kernels.Gpu.Cuda;

/// <summary>NVRTC could not compile a source.</summary>
/// <param name="log">What it wrote.</param>
internal sealed class NvrtcException(string log) : Exception(log);
