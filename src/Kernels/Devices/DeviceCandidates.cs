namespace OutlierQuant.Kernels.Devices;

/// <summary>What <see cref="IDeviceParts.FindCandidates"/> finds.</summary>
/// <param name="Total">The sum of the exponentials of all values.</param>
/// <param name="Values">The values that are large enough, by rising index.</param>
public sealed record DeviceCandidates(double Total, IReadOnlyList<(int Index, float Value)> Values)
{
    /// <summary>The most values that are listed: 16 KiB.</summary>
    public const int Room = 2048;
}
