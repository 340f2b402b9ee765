namespace OutlierQuant.Kernels.RowProduct;

/// <summary>How the groups of a packed row fall on steps of 64 bytes.</summary>
internal enum RowGrouping
{
    /// <summary>One group is the whole row: its integer sum is rounded once.</summary>
    Whole,

    /// <summary>A group is some whole steps.</summary>
    Steps,

    /// <summary>A group is some fields of a block of 32 bytes, so that the two halves of a vector belong to different groups.</summary>
    Fields,
}
