namespace OutlierQuant.Kernels.Devices;

/// <summary>A device failed and cannot be used any more.</summary>
/// <remarks>The message is one line: the device, what it was doing, and the driver's code in words.</remarks>
/// <param name="device">The device.</param>
/// <param name="action">What failed: for example <c>waiting for the device</c>.</param>
/// <param name="code">The driver's code in words: for example <c>CL_OUT_OF_RESOURCES (-5)</c>.</param>
/// <param name="inner">What went wrong below, if anything.</param>
public sealed class DeviceLostException(DeviceDescription device, string action, string code, Exception? inner = null)
    : DeviceException(device, $"{device.Id} ({device.Name}) failed at {action}: {code}. What was on it is lost.", inner);
