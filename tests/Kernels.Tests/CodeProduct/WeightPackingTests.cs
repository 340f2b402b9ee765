using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using OutlierQuant.Kernels.CodeProduct;
using Xunit;

namespace OutlierQuant.Kernels.Tests.CodeProduct;

public sealed class WeightPackingTests
{
    [Fact]
    public void PackRow_Int8_IsTwosComplementInColumnOrder()
    {
        byte[] packed = Packed(WeightFormat.Int8, [1, -1, 127, -127, 0]);
        Assert.Equal(32, packed.Length);
        Assert.Equal([1, 0xFF, 0x7F, 0x81, 0], packed[..5]);
        Assert.All(packed[5..], value => Assert.Equal(0, value));
    }

    [Fact]
    public void PackRow_Int4_PutsColumnsThirtyTwoApartIntoOneByte()
    {
        // Columns 0 and 32 share byte 0 (low, high nibble), columns 1 and 33 byte 1; column 64 opens the next block. Padding is code 0, stored as 8.
        sbyte[] codes = new sbyte[65];
        (codes[0], codes[32], codes[1], codes[33], codes[64]) = (7, -7, -3, 2, 1);
        byte[] packed = Packed(WeightFormat.Int4, codes);
        Assert.Equal(64, packed.Length);
        Assert.Equal([0x1F, 0xA5, 0x88], packed[..3]);
        Assert.Equal([0x89, 0x88, 0x88], packed[32..35]);
    }

    [Fact]
    public void PackRow_Ternary_PutsFourColumnsThirtyTwoApartIntoOneByte()
    {
        // Byte 0 holds columns 0, 32, 64, 96 from its low bits up: 2, 0, 1, 2 are 10 01 00 10 read downwards.
        sbyte[] codes = new sbyte[129];
        (codes[0], codes[32], codes[64], codes[96], codes[128]) = (1, -1, 0, 1, -1);
        byte[] packed = Packed(WeightFormat.Ternary, codes);
        Assert.Equal(64, packed.Length);
        Assert.Equal([0b10_01_00_10, 0b01_01_01_01], packed[..2]);
        Assert.Equal([0b01_01_01_00, 0b01_01_01_01], packed[32..34]);
    }

    [Theory]
    [InlineData(WeightFormat.Int8, 0, 0)]
    [InlineData(WeightFormat.Int8, 1, 32)]
    [InlineData(WeightFormat.Int8, 704, 704)]
    [InlineData(WeightFormat.Int4, 64, 32)]
    [InlineData(WeightFormat.Int4, 65, 64)]
    [InlineData(WeightFormat.Int4, 4096, 2048)]
    [InlineData(WeightFormat.Ternary, 128, 32)]
    [InlineData(WeightFormat.Ternary, 129, 64)]
    [InlineData(WeightFormat.Ternary, 11008, 2752)]
    public void BytesPerRow_AnyColumns_IsWholeBlocks(WeightFormat format, int columns, int bytes) =>
        Assert.Equal(bytes, WeightPacking.BytesPerRow(format, columns));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 128)]
    [InlineData(128, 128)]
    [InlineData(129, 256)]
    [InlineData(WeightPacking.MaxColumns, WeightPacking.MaxColumns)]
    public void PaddedColumns_AnyColumns_IsAMultipleOf128(int columns, int padded) =>
        Assert.Equal(padded, WeightPacking.PaddedColumns(columns));

    [Property(MaxTest = 200)]
    public Property UnpackRow_AfterPackRow_GivesTheCodesBack() => Prop.ForAll(
        Gen.Choose(0, 700).ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), Gen.Elements(Enum.GetValues<WeightFormat>()).ToArbitrary(), (columns, seed, format) =>
        {
            sbyte[] codes = RandomCodes(format, columns, seed), unpacked = new sbyte[columns];
            WeightPacking.UnpackRow(format, Packed(format, codes), unpacked);
            return codes.SequenceEqual(unpacked);
        });

    [Property(MaxTest = 200)]
    public Property Unpack_WithVectors_EqualsUnpackRow() => Prop.ForAll(
        Gen.Choose(0, 700).ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), Gen.Elements(Enum.GetValues<WeightFormat>()).ToArbitrary(), (columns, seed, format) =>
        {
            sbyte[] codes = RandomCodes(format, columns, seed), unpacked = new sbyte[WeightPacking.PaddedColumns(columns)];
            unpacked.AsSpan().Fill(99);
            CodeUnpacking.Unpack(format, Packed(format, codes), unpacked);
            return unpacked.Take(columns).SequenceEqual(codes) && unpacked.Skip(columns).All(code => code == 0);
        });

    [Theory]
    [InlineData(WeightFormat.Int8, -128)]
    [InlineData(WeightFormat.Int4, 8)]
    [InlineData(WeightFormat.Int4, -8)]
    [InlineData(WeightFormat.Ternary, 2)]
    [InlineData(WeightFormat.Ternary, -2)]
    public void PackRow_CodeOutOfRange_ThrowsNamingCodesAndColumn(WeightFormat format, sbyte code)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => Packed(format, [0, code]));
        Assert.Equal("codes", exception.ParamName);
        Assert.Contains($"column 1 is {code}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PackRow_WrongByteCount_ThrowsNamingPackedAndBothNumbers()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => WeightPacking.PackRow(WeightFormat.Int4, new sbyte[65], new byte[32]));
        Assert.Equal("packed", exception.ParamName);
        Assert.StartsWith("A row of 65 Int4 codes needs 64 bytes, but there are 32.", exception.Message, StringComparison.Ordinal);
        Assert.Equal("packed", Assert.Throws<ArgumentException>(() => WeightPacking.UnpackRow(WeightFormat.Int8, new byte[64], new sbyte[1])).ParamName);
    }

    [Fact]
    public void BytesPerRow_ImpossibleArguments_ThrowNamingThem()
    {
        Assert.Equal("columns", Assert.Throws<ArgumentOutOfRangeException>(() => WeightPacking.BytesPerRow(WeightFormat.Int8, -1)).ParamName);
        Assert.Equal("columns", Assert.Throws<ArgumentOutOfRangeException>(() => WeightPacking.PaddedColumns(WeightPacking.MaxColumns + 1)).ParamName);
        Assert.Equal("format", Assert.Throws<ArgumentOutOfRangeException>(() => WeightPacking.QMax((WeightFormat)9)).ParamName);
    }

    [Theory]
    [InlineData(WeightFormat.Int8, 5, 0x80, 5, "is -128")]
    [InlineData(WeightFormat.Int4, 5, 0x80, 5, "is -8")]
    [InlineData(WeightFormat.Int4, 5, 0x08, 37, "is -8")]
    [InlineData(WeightFormat.Ternary, 5, 0b01_11_01_01, 69, "is 2")]
    [InlineData(WeightFormat.Int8, 70, 1, 70, "padding behind 70 columns")]
    [InlineData(WeightFormat.Int4, 39, 0x98, 71 + 32, "padding behind 70 columns")]
    [InlineData(WeightFormat.Ternary, 31, 0b10_01_01_01, 127, "padding behind 70 columns")]
    [InlineData(WeightFormat.Int8, 7, 3, 7, "a preserved column must hold 0")]
    public void Validate_OneWrongByte_SaysWhichCode(WeightFormat format, int index, byte value, int column, string problem)
    {
        ProductCase product = new(format, 1, 3, 70, 70, 0, 1);
        product.WeightCodes.AsSpan().Clear();
        product.Pack();
        Assert.Null(WeightPacking.Validate(WithPreserved(product)));
        product.Packed[(2 * WeightPacking.BytesPerRow(format, 70)) + index] = value;
        (int Row, int Column, string Problem)? fault = WeightPacking.Validate(WithPreserved(product));
        Assert.NotNull(fault);
        Assert.Equal((2, column), (fault.Value.Row, fault.Value.Column));
        Assert.Contains(problem, fault.Value.Problem, StringComparison.Ordinal);
    }

    private static PackedWeights WithPreserved(ProductCase product) => new()
    {
        Format = product.Format,
        Rows = 3,
        Columns = 70,
        GroupSize = 70,
        Codes = product.Packed,
        Scales = product.Scales,
        PreservedChannels = new int[] { 7 },
        PreservedColumns = new float[3],
    };

    private static byte[] Packed(WeightFormat format, sbyte[] codes)
    {
        byte[] packed = new byte[WeightPacking.BytesPerRow(format, codes.Length)];
        WeightPacking.PackRow(format, codes, packed);
        return packed;
    }

    private static sbyte[] RandomCodes(WeightFormat format, int columns, int seed)
    {
        Random random = new(seed);
        int qMax = WeightPacking.QMax(format);
        return [.. Enumerable.Range(0, columns).Select(_ => (sbyte)random.Next(-qMax, qMax + 1))];
    }
}
