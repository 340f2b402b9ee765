namespace OutlierQuant.Kernels;

/// <summary>Element type of a float weight matrix.</summary>
public enum FloatType
{
    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>The upper half of a binary32.</summary>
    BF16,
}
