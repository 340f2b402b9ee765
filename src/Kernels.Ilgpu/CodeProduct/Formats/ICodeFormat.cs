namespace OutlierQuant.Kernels.Ilgpu.CodeProduct.Formats;

/// <summary>How a kernel reads the packed codes of one <see cref="WeightFormat"/>. <see cref="Kernels.CodeProduct.WeightPacking"/> defines the layout.</summary>
internal interface ICodeFormat
{
    /// <summary>Gets the number of codes that share a byte: the slices of 32 columns in a block of 32 bytes.</summary>
    static abstract int Fields { get; }

    /// <summary>Takes one field out of each byte of four.</summary>
    /// <param name="word">Four bytes of a block.</param>
    /// <param name="field">Which slice of the block, 0 to <c>Fields − 1</c>.</param>
    /// <returns>Four neighbouring codes of that slice, as signed bytes.</returns>
    static abstract int Codes(int word, int field);
}
