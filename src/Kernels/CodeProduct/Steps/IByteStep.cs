namespace OutlierQuant.Kernels.CodeProduct.Steps;

/// <summary>One instruction set's way to multiply vectors of 8-bit codes into 32-bit sums. The traversals are written once over this.</summary>
/// <typeparam name="TBytes">A vector of <see cref="Width"/> codes.</typeparam>
/// <typeparam name="TSums">A vector of <c>Width / 4</c> 32-bit sums. How the products spread over its lanes is the step's own business, but the same in all overloads.</typeparam>
/// <typeparam name="TFloats">A vector of as many binary32 sums.</typeparam>
internal interface IByteStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    /// <summary>The name that tables show.</summary>
    static abstract string Name { get; }

    /// <summary>Codes of one vector, which are bytes.</summary>
    static abstract int Width { get; }

    static abstract TBytes Load(ref byte source, nuint index);

    /// <summary>|activations|, which <see cref="MultiplyAdd"/> wants beside the activations and several rows can share.</summary>
    static abstract TBytes Magnitudes(TBytes activations);

    /// <summary>Adds the products of signed codes −127…127, exactly.</summary>
    static abstract TSums MultiplyAdd(TSums sums, TBytes weights, TBytes activations, TBytes magnitudes);

    /// <summary>activations + 128, as unsigned bytes, which <see cref="MultiplyAddSmall(TSums, TBytes, TBytes)"/> wants.</summary>
    static abstract TBytes Raise(TBytes activations);

    /// <summary>Adds the products of raised activations and signed codes −7…7, exactly. A pair sums to at most 2 · 255 · 7 = 3570.</summary>
    static abstract TSums MultiplyAddSmall(TSums sums, TBytes raised, TBytes weights);

    /// <summary>The same for two vectors at once, which share their last additions.</summary>
    static abstract TSums MultiplyAddSmall(TSums sums, TBytes raised0, TBytes weights0, TBytes raised1, TBytes weights1);

    static abstract TBytes Broadcast(byte value);

    /// <summary>−sums, lane by lane.</summary>
    static abstract TSums Negate(TSums sums);

    /// <summary>Adds all lanes.</summary>
    static abstract int Sum(TSums sums);

    /// <summary><c>totals + sums · scale</c>, lane by lane.</summary>
    static abstract TFloats Scale(TFloats totals, TSums sums, float scale);

    /// <summary>Adds all lanes, in a fixed order.</summary>
    static abstract float Sum(TFloats totals);
}
