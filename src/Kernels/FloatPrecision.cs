namespace OutlierQuant.Kernels;

/// <summary>How exactly products of floats are computed.</summary>
public enum FloatPrecision
{
    /// <summary>Errors against binary64 stay within those of plain binary32 sums, whatever instructions run.</summary>
    F32,

    /// <summary>Activations, and F32 and F16 weights, may be rounded to BF16 (8 significant bits) where that is faster; sums stay binary32.</summary>
    BF16,
}
