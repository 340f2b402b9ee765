namespace OutlierQuant.Kernels.CodeProduct.Steps;

/// <summary>The range of weight codes as a constant that the just-in-time compiler folds into a traversal.</summary>
internal interface ICodeRange
{
    /// <summary>Whether codes are −7…7 rather than −127…127.</summary>
    static abstract bool IsSmall { get; }
}

/// <summary>Int8: −127…127.</summary>
internal readonly struct FullRange : ICodeRange
{
    public static bool IsSmall => false;
}

/// <summary>Int4 and ternary: −7…7.</summary>
internal readonly struct SmallRange : ICodeRange
{
    public static bool IsSmall => true;
}
