namespace OutlierQuant.Kernels.Devices;

/// <summary>What a search for devices found. A machine without a driver gives no device and one reason; it is never an error.</summary>
/// <param name="Found">Devices that can be opened, by index.</param>
/// <param name="Rejected">What cannot be used, with a reason each.</param>
public sealed record DeviceSearch(IReadOnlyList<DeviceDescription> Found, IReadOnlyList<DeviceRejection> Rejected);
