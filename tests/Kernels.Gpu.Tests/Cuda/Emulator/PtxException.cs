namespace OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;

/// <summary>A kernel did what no device allows, or what the emulator does not know.</summary>
internal sealed class PtxException(string message, Exception? inner = null) : Exception(message, inner);
