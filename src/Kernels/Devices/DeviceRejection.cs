namespace OutlierQuant.Kernels.Devices;

/// <summary>Something that a search for devices looked at and cannot use.</summary>
/// <param name="Backend">What looked: <c>opencl</c>, <c>cuda</c> or <c>ilgpu</c>.</param>
/// <param name="Name">What it is: a device's or platform's name, or <c>driver</c> where no library was found.</param>
/// <param name="Reason">Why not, in one line.</param>
public sealed record DeviceRejection(string Backend, string Name, string Reason);
