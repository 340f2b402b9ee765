using ILGPU;
using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>What <see cref="Scales"/> reads and writes.</summary>
internal struct ScaleOperands
{
    public DeviceScaleRule Rule;

    public float StaticScale;

    public int QMax;

    /// <summary>Largest magnitudes of the channels that are rounded. Shape <c>[Count]</c>.</summary>
    public ArrayView<float> Largest;

    /// <summary>Largest magnitudes of the channels that count for a scale. Shape <c>[Count]</c>.</summary>
    public ArrayView<float> Counted;

    public int Count;

    /// <summary>Receives the scales. Shape <c>[Count]</c>.</summary>
    public ArrayView<float> Results;
}
