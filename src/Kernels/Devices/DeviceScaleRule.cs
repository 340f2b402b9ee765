namespace OutlierQuant.Kernels.Devices;

/// <summary>Which activations share one scale on a device.</summary>
public enum DeviceScaleRule
{
    /// <summary>All tokens have a scale known beforehand.</summary>
    Static,

    /// <summary>Every token has its own.</summary>
    Token,

    /// <summary>The tokens of a call share one.</summary>
    Tensor,
}
