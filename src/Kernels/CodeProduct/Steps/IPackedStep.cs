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

    /// <summary><c>left &amp; right</c></summary>
    static abstract TBytes And(TBytes left, TBytes right);

    /// <summary>Moves the high half of every byte to its low half. The high half receives bits of the neighbouring byte, for a mask to take off.</summary>
    static abstract TBytes HighHalves(TBytes packed);

    /// <summary>Adds the products of fields and signed activations to a part: sums that may be kept in 16 bits, in an order of the step's own.</summary>
    /// <remarks>Two products go to one place of a part, so the caller must stop before 32767: after 8 vectors of fields up to 15.</remarks>
    static abstract TSums MultiplyAddPart(TSums part, TBytes fields, TBytes activations);

    /// <summary>Starts a part: <see cref="MultiplyAddPart"/> to nothing.</summary>
    static abstract TSums MultiplyPart(TBytes fields, TBytes activations);

    /// <summary>Adds a part, what <see cref="MultiplyAddPart"/> has summed, to 32-bit sums.</summary>
    static abstract TSums AddPart(TSums sums, TSums part);

    /// <summary><c>sums / 4</c>, for sums that 4 divides.</summary>
    static abstract TSums Quarter(TSums sums);

    /// <summary>Adds a part of a plane to 32-bit sums, weighting while it widens (<see cref="AddPart"/>): times 1, 256 or −32768, modulo 2³².</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="part">The part.</param>
    /// <param name="plane">Which plane, a constant.</param>
    /// <param name="weight">What <see cref="PlaneWeight"/> returns for it.</param>
    static abstract TSums AddPlane(TSums sums, TSums part, int plane, TSums weight);

    /// <summary>Gets what <see cref="AddPlane"/> multiplies by, if it does. Loops hold it in registers: a constant would be loaded again for every use.</summary>
    static abstract TSums PlaneWeight(int plane);

    static abstract TSums Add(TSums left, TSums right);

    static abstract TFloats Add(TFloats left, TFloats right);

    static abstract TSums LoadSums(ref int source, nuint index);

    static abstract void StoreSums(TSums sums, ref int destination, nuint index);
}
