namespace OutlierQuant.Kernels.Devices;

/// <summary>The nonlinear function of an MLP, as a device computes it.</summary>
public enum DeviceFunction
{
    /// <summary><c>x / (1 + e^−x)</c>.</summary>
    Silu,

    /// <summary><c>x/2 · (1 + erf(x/√2))</c>; Hendrycks and Gimpel, arXiv:1606.08415, section 2.</summary>
    Gelu,

    /// <summary><c>x/2 · (1 + tanh(√(2/π) · (x + 0.044715·x³)))</c>; the same paper, section 2.</summary>
    GeluTanh,

    /// <summary><c>max(x, 0)</c>; NaN stays NaN.</summary>
    Relu,
}
