using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.FloatMatmul;

/// <summary>The product with float weights at the widest vector width that this process accelerates.</summary>
public sealed class FloatMatmulSimd : IFloatMatmulKernel
{
    private readonly IFloatMatmulKernel _widest =
        Vector512.IsHardwareAccelerated ? new FloatMatmulLanes<Lanes512, Vector512<float>>()
        : Vector256.IsHardwareAccelerated ? new FloatMatmulLanes<Lanes256, Vector256<float>>()
        : Vector128.IsHardwareAccelerated ? new FloatMatmulLanes<Lanes128, Vector128<float>>()
        : new FloatMatmulLanes<SingleLane, float>();

    /// <inheritdoc/>
    public int RowGranularity => _widest.RowGranularity;

    /// <inheritdoc/>
    public void Multiply(ReadOnlySpan<float> source, int tokens, FloatWeights weights, int firstRow, int rowCount, Span<float> destination) =>
        _widest.Multiply(source, tokens, weights, firstRow, rowCount, destination);
}
