namespace OutlierQuant.Kernels.Ilgpu.CodeProduct.Formats;

/// <summary>Four codes a byte, each plus 1.</summary>
internal readonly struct TernaryCodes : ICodeFormat
{
    public static int Fields => 4;

    // As Int4Codes.
    public static int Codes(int word, int field) => ((((word >> (2 * field)) & 0x03030303) | unchecked((int)0x80808080)) - 0x01010101) ^ unchecked((int)0x80808080);
}
