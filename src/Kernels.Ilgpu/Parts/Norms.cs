using ILGPU;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>Normalizes rows: <see cref="Kernels.Devices.DeviceNorm"/> has the formulas.</summary>
internal static class Norms
{
    /// <summary>Normalizes one row a group. Grid <c>[rows]</c>, group <c>[warp size, warps]</c>.</summary>
    public static void Normalize(NormOperands o)
    {
        ArrayView<float> warps = SharedMemory.Allocate<float>(GroupSum.MostWarps);
        long row = Grid.IdxX * (long)o.Size;
        int thread = (Group.IdxY * Group.DimX) + Group.IdxX, threads = Group.DimX * Group.DimY;
        float mean = 0;
        if (o.HasBias != 0)
        {
            float sum = 0;
            for (int c = thread; c < o.Size; c += threads)
            {
                sum += o.Source[row + c];
            }

            mean = GroupSum.Of(sum, warps) / o.Size;
        }

        float squares = 0;
        for (int c = thread; c < o.Size; c += threads)
        {
            float value = o.Source[row + c] - mean;
            squares += value * value;
        }

        float divisor = MathF.Sqrt((GroupSum.Of(squares, warps) / o.Size) + o.Epsilon);
        for (int c = thread; c < o.Size; c += threads)
        {
            float value = (o.Source[row + c] - mean) / divisor * o.Gain[c];
            o.Destination[row + c] = o.HasBias != 0 ? value + o.Bias[c] : value;
        }
    }
}
