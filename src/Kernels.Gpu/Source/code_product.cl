// destination[t, r] = scale_x[t] · Σ_g scale_w[r, g] · Σ_{c in g} code_w[r, c] · code_x[t, c]   integers, 32 bits, exact
//                   + Σ_j W[r, j] · x[t, j]                                                    preserved channels
// for firstRow ≤ r < endRow.

// Shapes: sourceCodes [tokens, stride], sourceScales [tokens], sourcePreserved [tokens, preservedCount];
//         codes [rows, bytes_per_row(columns)], scales [rows, groups], preservedColumns [rows, preservedCount]; destination [tokens, rows].
#define PARAMETERS \
    GLOBAL const signed char* sourceCodes, int stride, GLOBAL const float* sourceScales, GLOBAL const float* sourcePreserved, int tokens, \
    GLOBAL const uchar* codes, GLOBAL const float* scales, GLOBAL const float* preservedColumns, int preservedCount, \
    int columns, int groupSize, int rows, int firstRow, int endRow, GLOBAL float* destination

// Few tokens, any group size. Each lane takes every 32nd 16 bytes of its row; integers stay exact within a lane's share of a group, and in a row of one group to the end.
KERNEL(LANES, ROWS) code_rows(PARAMETERS)
{
    LOCAL_ARRAY float laneSums[ROWS * TOKENS * LANES];
    LOCAL_ARRAY int exactSums[ROWS * TOKENS * LANES];
    int lane = ITEM(0);
    int row = firstRow + GROUP(0) * ROWS + ITEM(1);
    int firstToken = GROUP(1) * TOKENS;
    int count = min(TOKENS, tokens - firstToken);
    int groups = columns == 0 ? 0 : (columns + groupSize - 1) / groupSize;
    int isRegular = groups == 1 || groupSize % RUN == 0;
    float scaled[TOKENS];
    int sums[TOKENS];
    for (int t = 0; t < TOKENS; t++)
    {
        scaled[t] = 0;
        sums[t] = 0;
    }

    if (row < endRow)
    {
        int bytes = bytes_per_row(columns);
        GLOBAL const uchar* packed = codes + (size_t)row * bytes;
        GLOBAL const float* rowScales = scales + (size_t)row * groups;
        GLOBAL const signed char* tokenCodes = sourceCodes + (size_t)firstToken * stride;
        int group = 0;
        for (int part = lane; part < bytes / 16; part += LANES)
        {
            uint4 word = ((GLOBAL const uint4*)packed)[part];
            for (int field = 0; field < CODES_PER_BYTE; field++)
            {
                int column = part / 2 * BLOCK_COLUMNS + part % 2 * RUN + 32 * field;
                if (column < columns && isRegular)
                {
                    int next = groups == 1 ? 0 : column / groupSize;
                    if (next != group)
                    {
                        float scale = rowScales[group];
                        #pragma unroll
                        for (int t = 0; t < TOKENS; t++)
                        {
                            scaled[t] = MULTIPLY_ADD(scale, (float)sums[t], scaled[t]);
                            sums[t] = 0;
                        }

                        group = next;
                    }

                    uint4 run = codes_of(word, field * FORMAT);
                    #pragma unroll
                    for (int t = 0; t < TOKENS; t++)
                    {
                        if (t < count)
                        {
                            sums[t] = dot16(run, *(GLOBAL const uint4*)(tokenCodes + (size_t)t * stride + column), sums[t]);
                        }
                    }
                }
                else if (column < columns)
                {
                    for (int c = column; c < min(column + RUN, columns); c++)
                    {
                        int code = weight_code(packed, c);
                        float scale = rowScales[c / groupSize];
                        #pragma unroll
                        for (int t = 0; t < TOKENS; t++)
                        {
                            if (t < count)
                            {
                                scaled[t] = MULTIPLY_ADD(scale, (float)(code * tokenCodes[(size_t)t * stride + c]), scaled[t]);
                            }
                        }
                    }
                }
            }
        }

        if (groups > 1 && isRegular)
        {
            float scale = rowScales[group];
            #pragma unroll
            for (int t = 0; t < TOKENS; t++)
            {
                scaled[t] = MULTIPLY_ADD(scale, (float)sums[t], scaled[t]);
            }
        }
    }

    LOCAL float* rowSums = laneSums + ITEM(1) * TOKENS * LANES;
    LOCAL int* rowExact = exactSums + ITEM(1) * TOKENS * LANES;
    for (int t = 0; t < TOKENS; t++)
    {
        rowSums[t * LANES + lane] = scaled[t];
        rowExact[t * LANES + lane] = sums[t];
    }

    if (groups == 1)
    {
        add_lanes_exactly(rowExact, lane);
    }
    else
    {
        add_lanes(rowSums, lane);
    }

    if (row < endRow && lane < count)
    {
        int token = firstToken + lane;
        float sum = groups == 1 ? scales[row] * (float)rowExact[lane * LANES] : rowSums[lane * LANES];
        destination[(size_t)token * rows + row] = add_preserved(preservedColumns, sourcePreserved, preservedCount, row, token, sourceScales[token] * sum);
    }
}

// A step of codes: 64 columns in 4 vectors, and one more that spreads rows over banks.
#define CODE_STEP 64
#define CODE_PITCH 5

// Many tokens; groups of whole 32 columns, or one group. Features and tokens of an item lie 16 apart.
KERNEL(TILE_ITEMS, TILE_ITEMS) code_tiles(PARAMETERS)
{
    LOCAL_ARRAY uint4 weightStep[TILE * CODE_PITCH];
    LOCAL_ARRAY uint4 sourceStep[TILE * CODE_PITCH];
    int tileRow = firstRow + GROUP(0) * TILE;
    int tileToken = GROUP(1) * TILE;
    int bytes = bytes_per_row(columns);
    int groups = columns == 0 ? 0 : (columns + groupSize - 1) / groupSize;

    // What this item brings: 16 columns of one feature and of one token.
    int item = ITEM(1) * TILE_ITEMS + ITEM(0);
    int place = item / 4 * CODE_PITCH + item % 4;
    int bringsRow = tileRow + item / 4 < endRow;
    int bringsToken = tileToken + item / 4 < tokens;
    GLOBAL const uchar* packed = codes + (size_t)(bringsRow ? tileRow + item / 4 : firstRow) * bytes;
    GLOBAL const signed char* token = sourceCodes + (size_t)(bringsToken ? tileToken + item / 4 : 0) * stride;

    int sums[EACH][EACH];
    float scaled[EACH][EACH];
    for (int t = 0; t < EACH; t++)
    {
        for (int r = 0; r < EACH; r++)
        {
            sums[t][r] = 0;
            scaled[t][r] = 0;
        }
    }

    for (int first = 0; first < columns; first += CODE_STEP)
    {
        int column = first + item % 4 * RUN;
        uint4 nothing = WORDS(0, 0, 0, 0);
        weightStep[place] = bringsRow && column < columns ? codes_of(*(GLOBAL const uint4*)(packed + byte_of(column)), shift_of(column)) : nothing;
        sourceStep[place] = bringsToken ? *(GLOBAL const uint4*)(token + column) : nothing;
        BARRIER();
        for (int part = 0; part < 2; part++)
        {
            int start = first + 32 * part;
            LOCAL const uint4* w = weightStep + ITEM(0) * CODE_PITCH + 2 * part;
            LOCAL const uint4* x = sourceStep + ITEM(1) * CODE_PITCH + 2 * part;
            #pragma unroll
            for (int t = 0; t < EACH; t++)
            {
                #pragma unroll
                for (int r = 0; r < EACH; r++)
                {
                    sums[t][r] = dot16(w[r * TILE_ITEMS * CODE_PITCH], x[t * TILE_ITEMS * CODE_PITCH], sums[t][r]);
                    sums[t][r] = dot16(w[r * TILE_ITEMS * CODE_PITCH + 1], x[t * TILE_ITEMS * CODE_PITCH + 1], sums[t][r]);
                }
            }

            int end = start + 32;
            if (start < columns && (end >= columns || (groups > 1 && end % groupSize == 0)))
            {
                int group = groups == 1 ? 0 : start / groupSize;
                #pragma unroll
                for (int r = 0; r < EACH; r++)
                {
                    int row = tileRow + ITEM(0) + r * TILE_ITEMS;
                    float scale = row < endRow ? scales[(size_t)row * groups + group] : 0.0f;
                    #pragma unroll
                    for (int t = 0; t < EACH; t++)
                    {
                        scaled[t][r] = MULTIPLY_ADD(scale, (float)sums[t][r], scaled[t][r]);
                        sums[t][r] = 0;
                    }
                }
            }
        }

        BARRIER();
    }

    for (int t = 0; t < EACH; t++)
    {
        int outToken = tileToken + ITEM(1) + t * TILE_ITEMS;
        for (int r = 0; r < EACH; r++)
        {
            int row = tileRow + ITEM(0) + r * TILE_ITEMS;
            if (outToken < tokens && row < endRow)
            {
                destination[(size_t)outToken * rows + row] =
                    add_preserved(preservedColumns, sourcePreserved, preservedCount, row, outToken, sourceScales[outToken] * scaled[t][r]);
            }
        }
    }
}
