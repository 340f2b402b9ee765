namespace OutlierQuant.Kernels.Gpu;

/// <summary>How a product is divided among groups.</summary>
internal enum ProductForm
{
    /// <summary>Lanes share a row: for few tokens.</summary>
    Rows,

    /// <summary>A group computes a tile, each item a part of it.</summary>
    Tiles,

    /// <summary>A group computes a tile, warps with tensor cores.</summary>
    Tensor,
}
