using System.Diagnostics.CodeAnalysis;

namespace OutlierQuant.Kernels.Devices;

/// <summary>A device refused or failed. The message is one line that names it; the CPU still works.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "A message without its device would be of no use.")]
public abstract class DeviceException : Exception
{
    /// <summary>Says what happened.</summary>
    /// <param name="device">The device.</param>
    /// <param name="message">One line.</param>
    /// <param name="inner">What the driver said, if it was asked.</param>
    protected DeviceException(DeviceDescription device, string message, Exception? inner)
        : base(message, inner) => Device = device;

    /// <summary>Gets the device.</summary>
    public DeviceDescription Device { get; }
}
