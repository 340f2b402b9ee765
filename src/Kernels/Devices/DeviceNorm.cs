namespace OutlierQuant.Kernels.Devices;

/// <summary>A norm over rows of values.</summary>
/// <param name="Size">Values of a row.</param>
/// <param name="Gain">Multiplies each normalized value. Shape <c>[size]</c>, float32.</param>
/// <param name="Bias">Null for <c>gain · x / √(mean(x²) + ε)</c>; otherwise added to <c>gain · (x − mean) / √(variance + ε)</c>. Shape <c>[size]</c>, float32.</param>
/// <param name="Epsilon">The ε.</param>
public sealed record DeviceNorm(int Size, DeviceBuffer Gain, DeviceBuffer? Bias, float Epsilon);
