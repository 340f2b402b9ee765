// What both products over codes share.
// Packed weight codes, as WeightPacking defines them: blocks of 32 bytes, in which byte i holds the columns i, i + 32, … from its low bits up.
// FORMAT is the width of a code in bits: 8, 4 or 2. A run is 16 neighbouring columns: one field of each of 16 bytes.

#define CODES_PER_BYTE (8 / FORMAT)
#define BLOCK_COLUMNS (32 * CODES_PER_BYTE)
#define RUN 16

#if FORMAT == 8
#define RAISED(word, shift) (word)
#elif FORMAT == 4
// A field is the code + 8. With the top bit set, no byte borrows from its neighbour.
#define RAISED(word, shift) ((((((word) >> (shift)) & 0x0F0F0F0Fu) | 0x80808080u) - 0x08080808u) ^ 0x80808080u)
#else
// A field is the code + 1.
#define RAISED(word, shift) ((((((word) >> (shift)) & 0x03030303u) | 0x80808080u) - 0x01010101u) ^ 0x80808080u)
#endif

// The signed bytes of the fields at a bit offset of 4 packed bytes.
DEVICE uint codes_of_word(uint packed, int shift) { return RAISED(packed, shift); }

// The signed bytes of the fields at a bit offset of 16 packed bytes.
DEVICE uint4 codes_of(uint4 packed, int shift)
{
    return WORDS(RAISED(packed.x, shift), RAISED(packed.y, shift), RAISED(packed.z, shift), RAISED(packed.w, shift));
}

// Signed byte i of a word.
DEVICE int code_at(uint word, int i) { return (int)(signed char)(word >> (8 * i)); }

// Bytes of a packed row.
DEVICE int bytes_per_row(int columns) { return (columns + BLOCK_COLUMNS - 1) / BLOCK_COLUMNS * 32; }

// Byte of a row that holds a column, and the bit offset of its field.
DEVICE int byte_of(int column) { return column / BLOCK_COLUMNS * 32 + column % 32; }
DEVICE int shift_of(int column) { return column % BLOCK_COLUMNS / 32 * FORMAT; }

// The code of one column of a packed row.
DEVICE int weight_code(GLOBAL const uchar* row, int column)
{
    uint field = (uint)row[byte_of(column)] >> shift_of(column);
    return code_at(codes_of_word(field, 0), 0);
}

// sum + the preserved channels of one element, in order.
DEVICE float add_preserved(GLOBAL const float* preservedColumns, GLOBAL const float* sourcePreserved, int preservedCount, int row, int token, float sum)
{
    GLOBAL const float* w = preservedColumns + (size_t)row * preservedCount;
    GLOBAL const float* x = sourcePreserved + (size_t)token * preservedCount;
    for (int j = 0; j < preservedCount; j++)
    {
        sum = MULTIPLY_ADD(w[j], x[j], sum);
    }

    return sum;
}
