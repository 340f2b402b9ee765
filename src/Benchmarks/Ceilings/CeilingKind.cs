namespace OutlierQuant.Benchmarks.Ceilings;

/// <summary>What a loop measures the most of.</summary>
internal enum CeilingKind
{
    /// <summary>Reading memory that no cache holds.</summary>
    DramRead,

    /// <summary>Multiply-adds of binary32 numbers.</summary>
    F32,

    /// <summary>Multiply-adds of bfloat16 numbers into binary32 sums.</summary>
    BF16,

    /// <summary>Multiply-adds of codes −127…127 into 32-bit sums.</summary>
    Int8,

    /// <summary>Multiply-adds of codes −127…127 with codes −7…7: the same as <see cref="Int8"/> where one instruction does it all, faster where 16-bit sums have room for several products.</summary>
    Int4,
}
