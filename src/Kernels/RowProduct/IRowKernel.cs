namespace OutlierQuant.Kernels.RowProduct;

/// <summary>What runs the functions of <see cref="RowCode"/>.</summary>
internal interface IRowKernel
{
    /// <summary>Computes the sums of some blocks of rows.</summary>
    /// <param name="shape">Which function.</param>
    /// <param name="block">Its argument.</param>
    void Multiply(RowCodeShape shape, RowBlock block);
}
