namespace OutlierQuant.Kernels.CodeProduct.Steps;

/// <summary>A <see cref="IByteStep{TBytes, TSums, TFloats}"/> of at most 32 bytes, which can also take int4 and ternary fields out of a block.</summary>
/// <remarks>Fields are unsigned: code + 8 or code + 1, at most 15. What they add too much, 8 or 1 times the sum of the activations, is the
/// same for every row, so it is computed once (<see cref="IByteStep{TBytes, TSums, TFloats}.Negate"/>) and the sums start from it.</remarks>
internal interface IPackedStep<TBytes, TSums, TFloats> : IByteStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    /// <summary>Takes the same field out of every byte: <c>(packed &gt;&gt; shift) &amp; mask</c>.</summary>
    static abstract TBytes Field(TBytes packed, int shift, TBytes mask);

    /// <summary>Takes the offset off, and stores signed codes.</summary>
    static abstract void StoreCodes(TBytes fields, TBytes offset, ref sbyte destination, nuint index);

    /// <summary>Adds the products of fields, at most 15, and signed activations.</summary>
    static abstract TSums MultiplyAddFields(TSums sums, TBytes fields, TBytes activations);

    /// <summary>The same for four vectors at once: the sum of 8 products of at most 15 · 127 still fits in 16 bits.</summary>
    static abstract TSums MultiplyAddFields(
        TSums sums, TBytes fields0, TBytes activations0, TBytes fields1, TBytes activations1, TBytes fields2, TBytes activations2, TBytes fields3, TBytes activations3);

    static abstract TFloats Add(TFloats left, TFloats right);

    static abstract TSums LoadSums(ref int source, nuint index);

    static abstract void StoreSums(TSums sums, ref int destination, nuint index);
}
