// destination[t, r] = Σ_g scale_w[r, g] · Σ_{c in g} code_w[r, c] · x[t, c] + Σ_j W[r, j] · x[t, j] for firstRow ≤ r < endRow; the second sum is over preserved channels.

// Shapes: values [tokens, stride], 0 at preserved channels and from columns on, preserved [tokens, preservedCount], as set_apart writes them;
//         codes [rows, bytes_per_row(columns)], scales [rows, groups], preservedColumns [rows, preservedCount]; destination [tokens, rows].
#define PARAMETERS \
    GLOBAL const float* values, int stride, GLOBAL const float* preserved, int tokens, \
    GLOBAL const uchar* codes, GLOBAL const float* scales, GLOBAL const float* preservedColumns, int preservedCount, \
    int columns, int groupSize, int rows, int firstRow, int endRow, GLOBAL float* destination

// sum + 4 signed bytes times 4 values.
DEVICE float add_products(uint word, float4 x, float sum)
{
    sum = MULTIPLY_ADD((float)code_at(word, 0), x.x, sum);
    sum = MULTIPLY_ADD((float)code_at(word, 1), x.y, sum);
    sum = MULTIPLY_ADD((float)code_at(word, 2), x.z, sum);
    return MULTIPLY_ADD((float)code_at(word, 3), x.w, sum);
}

// Few tokens, any group size. Each lane takes every 32nd 16 bytes of its row, and sums runs of 16 columns before it scales them.
KERNEL(LANES, ROWS) float_code_rows(PARAMETERS)
{
    LOCAL_ARRAY float laneSums[ROWS * TOKENS * LANES];
    int lane = ITEM(0);
    int row = firstRow + GROUP(0) * ROWS + ITEM(1);
    int firstToken = GROUP(1) * TOKENS;
    int count = min(TOKENS, tokens - firstToken);
    int groups = columns == 0 ? 0 : (columns + groupSize - 1) / groupSize;
    int isRegular = groups == 1 || groupSize % RUN == 0;
    float sums[TOKENS];
    for (int t = 0; t < TOKENS; t++)
    {
        sums[t] = 0;
    }

    if (row < endRow)
    {
        int bytes = bytes_per_row(columns);
        GLOBAL const uchar* packed = codes + (size_t)row * bytes;
        GLOBAL const float* rowScales = scales + (size_t)row * groups;
        for (int part = lane; part < bytes / 16; part += LANES)
        {
            uint4 word = ((GLOBAL const uint4*)packed)[part];
            for (int field = 0; field < CODES_PER_BYTE; field++)
            {
                int column = part / 2 * BLOCK_COLUMNS + part % 2 * RUN + 32 * field;
                if (column < columns && isRegular)
                {
                    uint4 run = codes_of(word, field * FORMAT);
                    float scale = rowScales[groups == 1 ? 0 : column / groupSize];
                    #pragma unroll
                    for (int t = 0; t < TOKENS; t++)
                    {
                        if (t < count)
                        {
                            GLOBAL const float4* x = (GLOBAL const float4*)(values + (size_t)(firstToken + t) * stride + column);
                            float sum = add_products(run.x, x[0], 0.0f);
                            sum = add_products(run.y, x[1], sum);
                            sum = add_products(run.z, x[2], sum);
                            sums[t] = MULTIPLY_ADD(scale, add_products(run.w, x[3], sum), sums[t]);
                        }
                    }
                }
                else if (column < columns)
                {
                    for (int c = column; c < min(column + RUN, columns); c++)
                    {
                        float weight = rowScales[c / groupSize] * (float)weight_code(packed, c);
                        #pragma unroll
                        for (int t = 0; t < TOKENS; t++)
                        {
                            if (t < count)
                            {
                                sums[t] = MULTIPLY_ADD(weight, values[(size_t)(firstToken + t) * stride + c], sums[t]);
                            }
                        }
                    }
                }
            }
        }
    }

    LOCAL float* rowSums = laneSums + ITEM(1) * TOKENS * LANES;
    for (int t = 0; t < TOKENS; t++)
    {
        rowSums[t * LANES + lane] = sums[t];
    }

    add_lanes(rowSums, lane);
    if (row < endRow && lane < count)
    {
        int token = firstToken + lane;
        destination[(size_t)token * rows + row] = add_preserved(preservedColumns, preserved, preservedCount, row, token, rowSums[lane * LANES]);
    }
}

// Many tokens, any group size: weights become floats, scaled, on their way into memory of the group.
KERNEL(TILE_ITEMS, TILE_ITEMS) float_code_tiles(PARAMETERS)
{
    LOCAL_ARRAY float weightStep[FLOAT_STEP * FLOAT_PITCH];
    LOCAL_ARRAY float valueStep[FLOAT_STEP * FLOAT_PITCH];
    int tileRow = firstRow + GROUP(0) * TILE;
    int tileToken = GROUP(1) * TILE;
    int bytes = bytes_per_row(columns);
    int groups = columns == 0 ? 0 : (columns + groupSize - 1) / groupSize;

    // What this item brings: 4 columns of one feature and of one token.
    int item = ITEM(1) * TILE_ITEMS + ITEM(0);
    int brought = item / 4;
    int row = tileRow + brought;
    int token = tileToken + brought;
    float sums[EACH][EACH];
    for (int t = 0; t < EACH; t++)
    {
        for (int r = 0; r < EACH; r++)
        {
            sums[t][r] = 0;
        }
    }

    for (int first = 0; first < columns; first += FLOAT_STEP)
    {
        int column = first + item % 4 * 4;
        uint word = row < endRow && column < columns ? codes_of_word(*(GLOBAL const uint*)(codes + (size_t)row * bytes + byte_of(column)), shift_of(column)) : 0;
        for (int i = 0; i < 4; i++)
        {
            int code = code_at(word, i);
            weightStep[(item % 4 * 4 + i) * FLOAT_PITCH + brought] =
                row < endRow && column + i < columns ? scales[(size_t)row * groups + (column + i) / groupSize] * (float)code : 0.0f;
            valueStep[(item % 4 * 4 + i) * FLOAT_PITCH + brought] = token < tokens ? values[(size_t)token * stride + column + i] : 0.0f;
        }

        BARRIER();
        add_float_step(weightStep, valueStep, sums);
        BARRIER();
    }

    for (int t = 0; t < EACH; t++)
    {
        int outToken = tileToken + ITEM(1) * EACH + t;
        for (int r = 0; r < EACH; r++)
        {
            int outRow = tileRow + ITEM(0) * EACH + r;
            if (outToken < tokens && outRow < endRow)
            {
                destination[(size_t)outToken * rows + outRow] = add_preserved(preservedColumns, preserved, preservedCount, outRow, outToken, sums[t][r]);
            }
        }
    }
}
