using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>What <see cref="Search"/> reads and writes.</summary>
internal struct SearchOperands
{
    /// <summary>The values to search. Shape <c>[Count]</c>.</summary>
    public ArrayView<float> Values;

    public int Count;

    /// <summary>Number of slices.</summary>
    public int Slices;

    public float Largest;

    public float Temperature;

    /// <summary>The least value that is listed.</summary>
    public float Least;

    /// <summary>The most values that are listed.</summary>
    public int Room;

    /// <summary>Receives pairs: <see cref="Devices.DeviceSlices"/> has the layout. Shape <c>[Slices + Room, 2]</c>.</summary>
    public ArrayView<int> Found;
}
