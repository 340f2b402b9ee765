namespace OutlierQuant.Kernels.Devices;

/// <summary>Rounding of rows with one scale, but for some channels of each.</summary>
/// <param name="Scale">Step between neighbouring codes, finite and above 0.</param>
/// <param name="QMax">Largest code magnitude, 1 to 127.</param>
/// <param name="Channels">The channels that are not rounded.</param>
/// <param name="Constants">Values that stand in their place; null where they keep their own. Shape <c>[channels]</c>, float32.</param>
/// <param name="OtherConstants">Values that stand there in one row; null as <paramref name="Constants"/> is. Shape <c>[channels]</c>, float32.</param>
public sealed record DeviceRounding(float Scale, int QMax, DeviceChannels Channels, DeviceBuffer? Constants, DeviceBuffer? OtherConstants);
