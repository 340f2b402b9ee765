namespace OutlierQuant.Kernels.CodeProduct.Steps;

/// <summary>A <see cref="WeightFormat"/> as constants that the just-in-time compiler folds into a traversal.</summary>
internal interface IPacking
{
    /// <summary>Bits of a field.</summary>
    static abstract int Bits { get; }

    /// <summary>What a field holds more than its code.</summary>
    static abstract byte Offset { get; }
}

/// <summary><see cref="WeightFormat.Int8"/>.</summary>
internal readonly struct Int8Packing : IPacking
{
    public static int Bits => 8;

    public static byte Offset => 0;
}

/// <summary><see cref="WeightFormat.Int4"/>.</summary>
internal readonly struct Int4Packing : IPacking
{
    public static int Bits => 4;

    public static byte Offset => 8;
}

/// <summary><see cref="WeightFormat.Ternary"/>.</summary>
internal readonly struct TernaryPacking : IPacking
{
    public static int Bits => 2;

    public static byte Offset => 1;
}
