namespace OutlierQuant.Kernels.Ilgpu.FloatProduct.Weights;

/// <summary>How a kernel reads one weight as a float.</summary>
internal interface IWeight
{
    /// <summary>Reads a weight that exists: codes as <c>scale · code</c>, which is 0 at preserved channels.</summary>
    static abstract float At(FloatOperands o, int row, int column);
}
