// destination[t, r] = Σ_c x[t, c] · weight[r, c] for firstRow ≤ r < endRow.
// Weights are of the type that elements.cl names. They lie as [rows, columns]; with TRANSPOSED as [columns, rows].
// Rows may start at any element, so only rows of a multiple of 8 columns are read 16 bytes at a time.

#define PARAMETERS \
    GLOBAL const float* source, int tokens, GLOBAL const element* weights, int columns, int rows, int firstRow, int endRow, GLOBAL float* destination

#ifndef TRANSPOSED

// 8 neighbouring weights whose address is a multiple of 16 bytes.
DEVICE void widen8(GLOBAL const element* weights, float wide[8])
{
#if ELEMENT == 32
    float4 low = ((GLOBAL const float4*)weights)[0];
    float4 high = ((GLOBAL const float4*)weights)[1];
    wide[0] = low.x; wide[1] = low.y; wide[2] = low.z; wide[3] = low.w;
    wide[4] = high.x; wide[5] = high.y; wide[6] = high.z; wide[7] = high.w;
#elif ELEMENT == 16
    widen8_f16(weights, wide);
#else
    uint4 bits = *(GLOBAL const uint4*)weights;
    wide[0] = BITS_AS_FLOAT(bits.x << 16); wide[1] = BITS_AS_FLOAT(bits.x & 0xFFFF0000u);
    wide[2] = BITS_AS_FLOAT(bits.y << 16); wide[3] = BITS_AS_FLOAT(bits.y & 0xFFFF0000u);
    wide[4] = BITS_AS_FLOAT(bits.z << 16); wide[5] = BITS_AS_FLOAT(bits.z & 0xFFFF0000u);
    wide[6] = BITS_AS_FLOAT(bits.w << 16); wide[7] = BITS_AS_FLOAT(bits.w & 0xFFFF0000u);
#endif
}

// Few tokens. Each lane takes every 32nd run of 8 columns of its row, or every 32nd column.
KERNEL(LANES, ROWS) float_rows(PARAMETERS)
{
    LOCAL_ARRAY float laneSums[ROWS * TOKENS * LANES];
    int lane = ITEM(0);
    int row = firstRow + GROUP(0) * ROWS + ITEM(1);
    int firstToken = GROUP(1) * TOKENS;
    int count = min(TOKENS, tokens - firstToken);
    GLOBAL const float* x = source + (size_t)firstToken * columns;
    float sums[TOKENS];
    for (int t = 0; t < TOKENS; t++)
    {
        sums[t] = 0;
    }

    if (row < endRow && columns % 8 == 0)
    {
        GLOBAL const element* rowWeights = weights + (size_t)row * columns;
        for (int c = 8 * lane; c < columns; c += 8 * LANES)
        {
            float wide[8];
            widen8(rowWeights + c, wide);
            #pragma unroll
            for (int t = 0; t < TOKENS; t++)
            {
                if (t < count)
                {
                    GLOBAL const float4* values = (GLOBAL const float4*)(x + (size_t)t * columns + c);
                    float4 low = values[0];
                    float4 high = values[1];
                    float sum = MULTIPLY_ADD(wide[0], low.x, sums[t]);
                    sum = MULTIPLY_ADD(wide[1], low.y, sum);
                    sum = MULTIPLY_ADD(wide[2], low.z, sum);
                    sum = MULTIPLY_ADD(wide[3], low.w, sum);
                    sum = MULTIPLY_ADD(wide[4], high.x, sum);
                    sum = MULTIPLY_ADD(wide[5], high.y, sum);
                    sum = MULTIPLY_ADD(wide[6], high.z, sum);
                    sums[t] = MULTIPLY_ADD(wide[7], high.w, sum);
                }
            }
        }
    }
    else if (row < endRow)
    {
        GLOBAL const element* rowWeights = weights + (size_t)row * columns;
        for (int c = lane; c < columns; c += LANES)
        {
            float weight = WIDEN(rowWeights, c);
            #pragma unroll
            for (int t = 0; t < TOKENS; t++)
            {
                if (t < count)
                {
                    sums[t] = MULTIPLY_ADD(weight, x[(size_t)t * columns + c], sums[t]);
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
        destination[(size_t)(firstToken + lane) * rows + row] = rowSums[lane * LANES];
    }
}

#else

// Few tokens over transposed weights: neighbouring items read neighbouring features, and each of the SLICES takes every 8th column.
#define SLICES 8

KERNEL(LANES, SLICES) float_rows(PARAMETERS)
{
    LOCAL_ARRAY float sliceSums[TOKENS * SLICES * LANES];
    int lane = ITEM(0);
    int slice = ITEM(1);
    int row = firstRow + GROUP(0) * LANES + lane;
    int firstToken = GROUP(1) * TOKENS;
    int count = min(TOKENS, tokens - firstToken);
    GLOBAL const float* x = source + (size_t)firstToken * columns;
    float sums[TOKENS];
    for (int t = 0; t < TOKENS; t++)
    {
        sums[t] = 0;
    }

    if (row < endRow)
    {
        for (int c = slice; c < columns; c += SLICES)
        {
            float weight = WIDEN(weights, (size_t)c * rows + row);
            #pragma unroll
            for (int t = 0; t < TOKENS; t++)
            {
                if (t < count)
                {
                    sums[t] = MULTIPLY_ADD(weight, x[(size_t)t * columns + c], sums[t]);
                }
            }
        }
    }

    for (int t = 0; t < TOKENS; t++)
    {
        sliceSums[(t * SLICES + slice) * LANES + lane] = sums[t];
    }

    BARRIER();
    if (slice < count && row < endRow)
    {
        float sum = 0;
        for (int s = 0; s < SLICES; s++)
        {
            sum += sliceSums[(slice * SLICES + s) * LANES + lane];
        }

        destination[(size_t)(firstToken + slice) * rows + row] = sum;
    }
}

#endif

// Many tokens.
KERNEL(TILE_ITEMS, TILE_ITEMS) float_tiles(PARAMETERS)
{
    LOCAL_ARRAY float weightStep[FLOAT_STEP * FLOAT_PITCH];
    LOCAL_ARRAY float valueStep[FLOAT_STEP * FLOAT_PITCH];
    int tileRow = firstRow + GROUP(0) * TILE;
    int tileToken = GROUP(1) * TILE;
    int item = ITEM(1) * TILE_ITEMS + ITEM(0);
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
        for (int i = 0; i < 4; i++)
        {
            // What this item brings: 4 columns of a token; 4 columns of a feature, or, transposed, 4 features of a column.
            int token = tileToken + item / 4;
            int step = item % 4 * 4 + i;
            valueStep[step * FLOAT_PITCH + item / 4] = token < tokens && first + step < columns ? source[(size_t)token * columns + first + step] : 0.0f;
#ifdef TRANSPOSED
            int row = tileRow + item % 16 * 4 + i;
            int column = first + item / 16;
            weightStep[item / 16 * FLOAT_PITCH + item % 16 * 4 + i] = row < endRow && column < columns ? WIDEN(weights, (size_t)column * rows + row) : 0.0f;
#else
            int row = tileRow + item / 4;
            weightStep[step * FLOAT_PITCH + item / 4] = row < endRow && first + step < columns ? WIDEN(weights, (size_t)row * columns + first + step) : 0.0f;
#endif
        }

        BARRIER();
        add_float_step(weightStep, valueStep, sums);
        BARRIER();
    }

    for (int t = 0; t < EACH; t++)
    {
        int token = tileToken + ITEM(1) * EACH + t;
        for (int r = 0; r < EACH; r++)
        {
            int row = tileRow + ITEM(0) * EACH + r;
            if (token < tokens && row < endRow)
            {
                destination[(size_t)token * rows + row] = sums[t][r];
            }
        }
    }
}
