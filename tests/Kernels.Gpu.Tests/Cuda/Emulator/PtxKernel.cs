namespace OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;

/// <summary>A kernel of a <see cref="PtxModule"/>, ready to run.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">Bytes of each parameter.</param>
/// <param name="Registers">Registers of a lane.</param>
/// <param name="SharedBytes">Bytes of its own arrays in shared memory; what a launch adds lies behind them.</param>
/// <param name="Instructions">What it does.</param>
internal sealed record PtxKernel(string Name, IReadOnlyList<int> Parameters, int Registers, int SharedBytes, IReadOnlyList<PtxInstruction> Instructions);
