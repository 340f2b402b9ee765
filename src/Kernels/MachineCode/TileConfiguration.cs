namespace OutlierQuant.Kernels.MachineCode;

/// <summary>The operand of <c>ldtilecfg</c>: the shapes of the eight tile registers.</summary>
/// <remarks>Intel, "Software Developer's Manual", volume 2A, LDTILECFG: byte 0 is the palette; from byte 16 stand the bytes of each tile's rows, two bytes each; from byte 48
/// the numbers of its rows, one byte each.</remarks>
internal static class TileConfiguration
{
    /// <summary>The most rows of a tile in palette 1.</summary>
    public const int MostRows = 16;

    /// <summary>The most bytes of a row in palette 1.</summary>
    public const int MostRowBytes = 64;

    private const int Bytes = 64, Tiles = 8;

    /// <summary>Makes all tiles as large as they can be.</summary>
    public static byte[] Largest() => Of(static _ => (MostRows, MostRowBytes));

    /// <summary>Makes the operand.</summary>
    /// <param name="shape">The number of rows and the bytes of a row of tile 0 to 7.</param>
    public static byte[] Of(Func<int, (int Rows, int RowBytes)> shape)
    {
        byte[] bytes = new byte[Bytes];
        bytes[0] = 1;
        for (int tile = 0; tile < Tiles; tile++)
        {
            (int rows, int rowBytes) = shape(tile);
            bytes[16 + (2 * tile)] = (byte)rowBytes;
            bytes[48 + tile] = (byte)rows;
        }

        return bytes;
    }
}
