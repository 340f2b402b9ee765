namespace OutlierQuant.Kernels.Ilgpu.CodeProduct.Formats;

/// <summary>Two codes a byte, each plus 8.</summary>
internal readonly struct Int4Codes : ICodeFormat
{
    public static int Fields => 2;

    // Bit 7 is set so that no byte borrows from its neighbour; turning it over again leaves the byte's difference.
    public static int Codes(int word, int field) => ((((word >> (4 * field)) & 0x0F0F0F0F) | unchecked((int)0x80808080)) - 0x08080808) ^ unchecked((int)0x80808080);
}
