namespace OutlierQuant.Kernels.FloatMatmul.Lanes;

/// <summary>Arithmetic on <see cref="Count"/> neighbouring binary32 values: one instruction set of the float products.</summary>
/// <remarks>Each implementation describes the same lane-wise arithmetic, so a traversal is written once for every width, and any width can be
/// tested on any machine: without the hardware the runtime carries it out in software.</remarks>
/// <typeparam name="TVector">What holds the lanes.</typeparam>
internal interface ILanes<TVector>
    where TVector : struct
{
    /// <summary>Gets the name that tables show.</summary>
    static abstract string Name { get; }

    /// <summary>Gets the number of lanes.</summary>
    static abstract int Count { get; }

    /// <summary>Puts one value into every lane.</summary>
    static abstract TVector Broadcast(float value);

    /// <summary>Loads the values from an index on.</summary>
    static abstract TVector Load(ref float source, nuint index);

    /// <summary>Loads binary16 values and widens them exactly; NaN stays NaN.</summary>
    static abstract TVector LoadF16(ref ushort source, nuint index);

    /// <summary>Loads binary16 values times 2⁻¹¹², exactly. Infinity and NaN become finite, 2⁻⁹⁶ or more in magnitude.</summary>
    static abstract TVector LoadLoweredF16(ref ushort source, nuint index);

    /// <summary>Loads signed bytes and converts them.</summary>
    static abstract TVector LoadInt8(ref byte source, nuint index);

    /// <summary>Loads upper halves of binary32 values and widens them exactly.</summary>
    static abstract TVector LoadBF16(ref ushort source, nuint index);

    /// <summary>Stores the lanes from an index on.</summary>
    static abstract void Store(TVector lanes, ref float destination, nuint index);

    /// <summary><c>left · right + addend</c>, with one rounding where the hardware has it. Every width rounds alike.</summary>
    static abstract TVector MultiplyAdd(TVector left, TVector right, TVector addend);

    /// <summary><c>left + right</c></summary>
    static abstract TVector Add(TVector left, TVector right);

    /// <summary><c>max(largest, |lanes|)</c>, lane by lane, for values that are not NaN.</summary>
    static abstract TVector LargerMagnitude(TVector largest, TVector lanes);

    /// <summary>Whether any lane is at least as large as a limit.</summary>
    static abstract bool IsAnyFrom(TVector lanes, float limit);

    /// <summary>Adds the lanes up, in an order that depends on the width alone.</summary>
    static abstract float Sum(TVector lanes);
}
