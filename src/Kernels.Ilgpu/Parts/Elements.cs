using ILGPU;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.Parts;

/// <summary>What is done to each value for itself. One thread a value.</summary>
internal static class Elements
{
    /// <summary>Adds values.</summary>
    public static void Add(ElementOperands o)
    {
        long i = Grid.LongGlobalIndex.X;
        if (i < o.Count)
        {
            o.Values[i] += o.Other[i];
        }
    }

    /// <summary>Adds a vector to every row but one, and another to that.</summary>
    public static void AddVector(ElementOperands o)
    {
        long i = Grid.LongGlobalIndex.X;
        if (i < o.Count)
        {
            int column = (int)(i % o.Columns);
            o.Values[i] += i / o.Columns == o.OtherRow ? o.OtherVector[column] : o.Other[column];
        }
    }

    /// <summary>Applies an activation function, times a factor where there is one.</summary>
    public static void Activate(ElementOperands o)
    {
        long i = Grid.LongGlobalIndex.X;
        if (i < o.Count)
        {
            float y = Of(o.Function, o.Values[i]);
            o.Values[i] = o.HasFactor != 0 ? y * o.Other[i] : y;
        }
    }

    private static float Of(DeviceFunction function, float x)
    {
        if (function == DeviceFunction.Silu)
        {
            return x / (1 + Real.Exp(-x));
        }

        if (function == DeviceFunction.Gelu)
        {
            return 0.5f * x * (1 + Real.Erf(x * 0.70710678f));
        }

        if (function == DeviceFunction.GeluTanh)
        {
            // x/2 · (1 + tanh(u)) is x / (1 + e^−2u).
            float u = x * ((x * x * 0.044715f) + 1);
            return x / (1 + Real.Exp(u * -1.5957691216f));
        }

        return x < 0 ? 0 : x;
    }
}
