namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Packs rows of weight codes into bytes, and unpacks them. Quantized checkpoints store these bytes.</summary>
/// <remarks>
/// <para>A row is a whole number of blocks of 32 bytes, in every format. Byte <c>i</c> of a block holds, from its low bits to its high bits,
/// the columns <c>i</c>, <c>i + 32</c>, … of that block, so that one mask or shift of the whole block gives 32 neighbouring columns in order:</para>
/// <code>
///            bits    7                                                         0
/// int8       byte i  |                         column i                        |      32 columns a block
/// int4       byte i  |         column i + 32        |         column i         |      64 columns a block
/// ternary    byte i  | column i + 96 | column i + 64 | column i + 32 | column i |     128 columns a block
/// </code>
/// <para>An int8 field is the code in two's complement, −127…127. An int4 field is the code plus 8: 1…15. A ternary field is the code
/// plus 1: 0…2. Fields behind the last column hold code 0 (int8 0, int4 8, ternary 1), so they add nothing to a product.</para>
/// <para>Rows follow each other without gaps. The layout has no byte order, since no field crosses a byte.</para>
/// </remarks>
public static class WeightPacking
{
    /// <summary>The most columns of a row: at 127 · 127 a column, the integer sum of a whole row still fits in 32 bits.</summary>
    public const int MaxColumns = 131072;

    /// <summary>Bytes of a block.</summary>
    internal const int BlockBytes = 32;

    /// <summary>Neighbouring columns that one mask or shift of a block gives.</summary>
    internal const int SliceColumns = 32;

    /// <summary>Columns that the longest block, the ternary one, holds; activation codes are padded to a multiple of it.</summary>
    internal const int QuadColumns = 4 * SliceColumns;

    /// <summary>Computes the stride of <see cref="ActivationCodes.Codes"/>: the columns rounded up to a multiple of 128, for every format.</summary>
    /// <param name="columns">Input features, zero to <see cref="MaxColumns"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The columns are negative or too many.</exception>
    public static int PaddedColumns(int columns)
    {
        CheckColumns(columns);
        return (columns + QuadColumns - 1) / QuadColumns * QuadColumns;
    }

    /// <summary>Computes the bytes of a packed row: a whole number of 32-byte blocks.</summary>
    /// <param name="format">Packing of the codes.</param>
    /// <param name="columns">Input features, zero to <see cref="MaxColumns"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The columns are negative or too many, or the format is unknown.</exception>
    public static int BytesPerRow(WeightFormat format, int columns)
    {
        CheckColumns(columns);
        int blockColumns = BlockBytes * CodesPerByte(format);
        return (columns + blockColumns - 1) / blockColumns * BlockBytes;
    }

    /// <summary>Computes the largest code magnitude: 127, 7 or 1.</summary>
    /// <param name="format">Packing of the codes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The format is unknown.</exception>
    public static int QMax(WeightFormat format) => format switch
    {
        WeightFormat.Int8 => 127,
        WeightFormat.Int4 => 7,
        WeightFormat.Ternary => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, $"There is no weight format {format}; there are Int8, Int4 and Ternary."),
    };

    /// <summary>Packs one row.</summary>
    /// <param name="format">Packing of the codes.</param>
    /// <param name="codes">Codes, −qMax…qMax. Shape <c>[columns]</c>.</param>
    /// <param name="packed">Receives the bytes, padding included. Shape <c>[BytesPerRow(format, columns)]</c>.</param>
    /// <exception cref="ArgumentException">The shapes disagree, or a code is out of range.</exception>
    public static void PackRow(WeightFormat format, ReadOnlySpan<sbyte> codes, Span<byte> packed)
    {
        CheckRow(format, codes.Length, packed.Length, nameof(packed));
        int qMax = QMax(format);
        packed.Fill(PaddingByte(format));
        for (int c = 0; c < codes.Length; c++)
        {
            if (codes[c] < -qMax || codes[c] > qMax)
            {
                throw new ArgumentException($"The code of column {c} is {codes[c]}, but {format} codes are {-qMax} to {qMax}.", nameof(codes));
            }

            (int index, int shift) = Place(format, c);
            int mask = FieldMask(format) << shift;
            packed[index] = (byte)((packed[index] & ~mask) | (((codes[c] + Offset(format)) << shift) & mask));
        }
    }

    /// <summary>Unpacks one row.</summary>
    /// <param name="format">Packing of the codes.</param>
    /// <param name="packed">Packed row. Shape <c>[BytesPerRow(format, columns)]</c>.</param>
    /// <param name="codes">Receives the codes. Shape <c>[columns]</c>.</param>
    /// <exception cref="ArgumentException">The shapes disagree.</exception>
    public static void UnpackRow(WeightFormat format, ReadOnlySpan<byte> packed, Span<sbyte> codes)
    {
        CheckRow(format, codes.Length, packed.Length, nameof(packed));
        for (int c = 0; c < codes.Length; c++)
        {
            codes[c] = CodeAt(format, packed, c);
        }
    }

    /// <summary>Finds the first code that no writer of this layout would have written.</summary>
    /// <remarks>Wrong are: int8 −128, int4 field 0, ternary field 3; a code other than 0 in a preserved column; padding that is not code 0.</remarks>
    /// <param name="weights">A whole matrix. Shape <c>[rows, columns]</c>.</param>
    /// <returns>The row and column of the first wrong code, in row order, with one line that says what is wrong; null if all are right.</returns>
    /// <exception cref="ArgumentException">The shapes disagree.</exception>
    public static (int Row, int Column, string Problem)? Validate(PackedWeights weights)
    {
        CodeProductShape.CheckWeights(weights);
        int rowBytes = BytesPerRow(weights.Format, weights.Columns);
        int qMax = QMax(weights.Format);
        for (int r = 0; r < weights.Rows; r++)
        {
            ReadOnlySpan<byte> row = weights.Codes.Slice(r * rowBytes, rowBytes);
            int nextPreserved = 0;
            for (int c = 0; c < rowBytes * CodesPerByte(weights.Format); c++)
            {
                int code = CodeAt(weights.Format, row, c);
                bool preserved = nextPreserved < weights.PreservedChannels.Length && weights.PreservedChannels[nextPreserved] == c;
                nextPreserved += preserved ? 1 : 0;
                if (code < -qMax || code > qMax)
                {
                    return (r, c, $"the code at row {r}, column {c} is {code}; {weights.Format} codes are {-qMax} to {qMax}");
                }

                if (code != 0 && (preserved || c >= weights.Columns))
                {
                    return (r, c, $"the code at row {r}, column {c} is {code}; {(preserved ? "a preserved column" : $"the padding behind {weights.Columns} columns")} must hold 0");
                }
            }
        }

        return null;
    }

    /// <summary>Reads one code of a packed row. This is the definition of the layout.</summary>
    internal static sbyte CodeAt(WeightFormat format, ReadOnlySpan<byte> packed, int column)
    {
        (int index, int shift) = Place(format, column);
        return (sbyte)(((packed[index] >> shift) & FieldMask(format)) - Offset(format));
    }

    /// <summary>Computes how many codes share a byte: 1, 2 or 4.</summary>
    internal static int CodesPerByte(WeightFormat format) => format switch
    {
        WeightFormat.Int8 => 1,
        WeightFormat.Int4 => 2,
        WeightFormat.Ternary => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, $"There is no weight format {format}; there are Int8, Int4 and Ternary."),
    };

    /// <summary>Computes what a field holds more than its code: 0, 8 or 1.</summary>
    internal static int Offset(WeightFormat format) => format == WeightFormat.Int8 ? 0 : QMax(format) + (format == WeightFormat.Int4 ? 1 : 0);

    private static (int Index, int Shift) Place(WeightFormat format, int column)
    {
        int codesPerByte = CodesPerByte(format);
        int block = column / (BlockBytes * codesPerByte);
        int inBlock = column % (BlockBytes * codesPerByte);
        return ((block * BlockBytes) + (inBlock % BlockBytes), inBlock / BlockBytes * (8 / codesPerByte));
    }

    private static int FieldMask(WeightFormat format) => (1 << (8 / CodesPerByte(format))) - 1;

    private static byte PaddingByte(WeightFormat format) => format switch
    {
        WeightFormat.Int4 => 0x88,
        WeightFormat.Ternary => 0x55,
        _ => 0,
    };

    private static void CheckColumns(int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, MaxColumns);
    }

    private static void CheckRow(WeightFormat format, int columns, int packedBytes, string name)
    {
        int needed = BytesPerRow(format, columns);
        if (packedBytes != needed)
        {
            throw new ArgumentException($"A row of {columns} {format} codes needs {needed} bytes, but there are {packedBytes}.", name);
        }
    }
}
