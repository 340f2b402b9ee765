namespace OutlierQuant.Kernels.CodeProduct.Steps;

/// <summary>One vector width's way to multiply and add binary32 numbers. The traversals are written once over this.</summary>
/// <typeparam name="TFloats">A vector of <see cref="Width"/> numbers.</typeparam>
internal interface IFloatStep<TFloats>
    where TFloats : struct
{
    /// <summary>The name that tables show.</summary>
    static abstract string Name { get; }

    /// <summary>Numbers of one vector.</summary>
    static abstract int Width { get; }

    static abstract TFloats Load(ref readonly float source, nuint index);

    static abstract void Store(TFloats values, ref float destination, nuint index);

    static abstract TFloats Broadcast(float value);

    /// <summary><c>left · right + addend</c>, fused where the processor can.</summary>
    static abstract TFloats MultiplyAdd(TFloats left, TFloats right, TFloats addend);

    static abstract TFloats Add(TFloats left, TFloats right);

    /// <summary>Adds all lanes, in a fixed order.</summary>
    static abstract float Sum(TFloats values);
}
