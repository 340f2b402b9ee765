namespace OutlierQuant.Kernels.Tests;

/// <summary>The binary32 values that rules forget, by bit pattern.</summary>
internal static class SpecialFloats
{
    public static float[] Values { get; } = [.. ((uint[])
    [
        0x7FC00000, 0xFFC00000, // quiet NaN of both signs
        0x7F800001, 0xFF800001, // signalling NaN of both signs
        0x7FFFFFFF, 0xFFFFFFFF, // NaN with every payload bit
        0x7F800000, 0xFF800000, // infinity
        0x7F7FFFFF, 0xFF7FFFFF, // largest finite
        0x00800000, 0x80800000, // smallest normal
        0x007FFFFF, 0x807FFFFF, // largest subnormal
        0x00000001, 0x80000001, // smallest subnormal
        0x00000000, 0x80000000, // zero
        0x3EFFFFFF, 0x3F000000, 0x3F000001, // around one half
        0x4B000000, 0xCB000001, 0x4EFFFFFF, 0x4F000000, 0xCF000000, 0xCF000001, // whole numbers at and beyond the range of int
    ]).Select(BitConverter.UInt32BitsToSingle)];
}
