namespace OutlierQuant.Kernels.CodeProduct.Steps;

/// <summary>One vector width's way to turn the fields of packed codes into binary32 numbers.</summary>
/// <remarks>Packed bytes are taken as 32-bit lanes. Lane j holds bytes 4j to 4j + 3; a shift left puts one field of it at the top, a shift
/// right then fills the lane with the field's sign. The activations are put into the same order once for all rows.</remarks>
/// <typeparam name="TInts">A vector of 32-bit lanes.</typeparam>
/// <typeparam name="TVector">A vector of as many numbers.</typeparam>
internal interface IFieldStep<TInts, TVector>
    where TInts : struct
    where TVector : struct
{
    static abstract TInts Load(ref byte source, nuint index);

    /// <summary>Int4: code + 8 becomes the code in two's complement, by turning the top bit of each field.</summary>
    static abstract TInts SignInt4(TInts lanes);

    /// <summary>Ternary: code + 1 becomes the code in two's complement: 00 → 11, 01 → 00, 10 → 01.</summary>
    static abstract TInts SignTernary(TInts lanes);

    /// <summary>Takes the field of some bits that starts at a bit of each lane, as a number.</summary>
    static abstract TVector Field(TInts lanes, int firstBit, int bits);
}
