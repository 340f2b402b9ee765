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
    dot_sums sums[TOKENS];
    for (int t = 0; t < TOKENS; t++)
    {
        scaled[t] = 0;
        sums[t] = NO_SUMS;
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
                            scaled[t] = MULTIPLY_ADD(scale, (float)total(sums[t]), scaled[t]);
                            sums[t] = NO_SUMS;
                        }

                        group = next;
                    }

                    uint4 run = codes_of(word, field * FORMAT);
                    #pragma unroll
                    for (int t = 0; t < TOKENS; t++)
                    {
                        if (t < count)
                        {
                            sums[t] = add_dot16(sums[t], run, *(GLOBAL const uint4*)(tokenCodes + (size_t)t * stride + column));
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
                scaled[t] = MULTIPLY_ADD(scale, (float)total(sums[t]), scaled[t]);
            }
        }
    }

    LOCAL float* rowSums = laneSums + ITEM(1) * TOKENS * LANES;
    LOCAL int* rowExact = exactSums + ITEM(1) * TOKENS * LANES;
    for (int t = 0; t < TOKENS; t++)
    {
        rowSums[t * LANES + lane] = scaled[t];
        rowExact[t * LANES + lane] = total(sums[t]);
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

// A step of codes: columns in vectors of 16, and one more vector that spreads rows over banks. What a step costs beside its products is the same however long it is,
// so a processor whose memory of a group is its cache, which has the room, takes longer ones.
#ifdef LONG_STEPS
#define CODE_STEP 512
#else
#define CODE_STEP 128
#endif
#define CODE_VECTORS (CODE_STEP / RUN)
#define CODE_PITCH (CODE_VECTORS + 1)

// An item goes through the columns once for so many of its features that registers hold the sums: one of OpenCL C is a vector of 8.
#ifdef __OPENCL_VERSION__
#define PASS_ROWS (EACH / 2)
#else
#define PASS_ROWS EACH
#endif

// Many tokens; groups of whole 32 columns, or one group. Features and tokens of an item lie 16 apart.
KERNEL(TILE_ITEMS, TILE_ITEMS) code_tiles(PARAMETERS)
{
    LOCAL_ARRAY uint4 weightStep[TILE * CODE_PITCH];
    LOCAL_ARRAY uint4 sourceStep[TILE * CODE_PITCH];
    int tileRow = firstRow + GROUP(0) * TILE;
    int tileToken = GROUP(1) * TILE;
    int bytes = bytes_per_row(columns);
    int groups = columns == 0 ? 0 : (columns + groupSize - 1) / groupSize;

    int item = ITEM(1) * TILE_ITEMS + ITEM(0);
    // Sums are scaled where groups may end.
    int part = groups <= 1 ? CODE_STEP : groupSize % 128 == 0 ? 128 : 32;
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
        for (int i = item; i < TILE * CODE_VECTORS; i += TILE_ITEMS * TILE_ITEMS)
        {
            int line = i / CODE_VECTORS;
            int column = first + i % CODE_VECTORS * RUN;
            uint4 weight = WORDS(0, 0, 0, 0);
            uint4 value = WORDS(0, 0, 0, 0);
            if (tileRow + line < endRow && column < columns)
            {
                weight = codes_of(*(GLOBAL const uint4*)(codes + (size_t)(tileRow + line) * bytes + byte_of(column)), shift_of(column));
            }

            if (tileToken + line < tokens && column < stride)
            {
                value = *(GLOBAL const uint4*)(sourceCodes + (size_t)(tileToken + line) * stride + column);
            }

            weightStep[line * CODE_PITCH + i % CODE_VECTORS] = weight;
            sourceStep[line * CODE_PITCH + i % CODE_VECTORS] = value;
        }

        BARRIER();
        for (int start = first; start < min(first + CODE_STEP, columns); start += part)
        {
            LOCAL const uint4* w = weightStep + ITEM(0) * CODE_PITCH + (start - first) / RUN;
            LOCAL const uint4* x = sourceStep + ITEM(1) * CODE_PITCH + (start - first) / RUN;
            int vectors = min(part, stride - start) / RUN;
            int end = start + part;
            int isGroupsEnd = end >= columns || (groups > 1 && end % groupSize == 0);
            int group = groups == 1 ? 0 : start / groupSize;
            #pragma unroll
            for (int passRow = 0; passRow < EACH; passRow += PASS_ROWS)
            {
                dot_sums partial[EACH][PASS_ROWS];
                #pragma unroll
                for (int t = 0; t < EACH; t++)
                {
                    #pragma unroll
                    for (int r = 0; r < PASS_ROWS; r++)
                    {
                        partial[t][r] = NO_SUMS;
                    }
                }

                for (int i = 0; i < vectors; i++)
                {
                    #pragma unroll
                    for (int t = 0; t < EACH; t++)
                    {
                        #pragma unroll
                        for (int r = 0; r < PASS_ROWS; r++)
                        {
                            partial[t][r] = add_dot16(partial[t][r], w[(passRow + r) * TILE_ITEMS * CODE_PITCH + i], x[t * TILE_ITEMS * CODE_PITCH + i]);
                        }
                    }
                }

                #pragma unroll
                for (int r = 0; r < PASS_ROWS; r++)
                {
                    int row = tileRow + ITEM(0) + (passRow + r) * TILE_ITEMS;
                    float scale = isGroupsEnd && row < endRow ? scales[(size_t)row * groups + group] : 0.0f;
                    #pragma unroll
                    for (int t = 0; t < EACH; t++)
                    {
                        int sum = sums[t][passRow + r] + total(partial[t][r]);
                        if (isGroupsEnd)
                        {
                            scaled[t][passRow + r] = MULTIPLY_ADD(scale, (float)sum, scaled[t][passRow + r]);
                        }

                        sums[t][passRow + r] = isGroupsEnd ? 0 : sum;
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
