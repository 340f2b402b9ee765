// The product of code_product.cl on tensor cores (CUDA C, compute capability 8.0 and later): many tokens; groups of whole 32 columns, or one group.
// IN_GROUPS is defined where rows have more than one scale.
//
// A group computes a tile, and each of its warps WARP_TOKENS × WARP_ROWS of it, in fragments of 16 tokens × 8 features × 32 columns. What a lane of a fragment holds, with
// g = lane / 4 and q = lane % 4 (NVIDIA, "PTX ISA", section on mma.m16n8k32; a word is 4 neighbouring columns, the lowest byte first):
//     tokens    word 0: token g, columns 4q…    1: token g + 8, columns 4q…    2: token g, columns 16 + 4q…    3: token g + 8, columns 16 + 4q…
//     features  word 0: feature g, columns 4q…  1: feature g, columns 16 + 4q…
//     sums      token g: features 2q, 2q + 1;   token g + 8: features 2q, 2q + 1
// ldmatrix gives words so: lane l receives word l % 4 of vector l / 4 of the 8 vectors of a matrix.
//
// Both operands come into shared memory as they lie, 128 columns at a time and STAGES - 1 steps ahead, so the weights stay packed there. A block of packed weights is two
// vectors; field f of both is the fragment of the block's columns 32f to 32f + 31, because the packing puts column i + 32f into field f of byte i.

#define TILE_TOKENS 128
#define TILE_ROWS 128
#define STEP_COLUMNS 128
#define STAGES 3
#define WARP_TOKENS 64
#ifdef IN_GROUPS
#define WARP_ROWS 32 // the sums of a group and the scaled ones both take registers
#else
#define WARP_ROWS 64
#endif
#define WARPS_ACROSS (TILE_ROWS / WARP_ROWS)
#define THREADS (32 * (TILE_TOKENS / WARP_TOKENS) * WARPS_ACROSS)
#define TOKEN_FRAGMENTS (WARP_TOKENS / 16)
#define ROW_FRAGMENTS (WARP_ROWS / 8)

// Vectors of 16 bytes: of a token and of a row in one step, of a stage.
#define TOKEN_VECTORS (STEP_COLUMNS / 16)
#define ROW_VECTORS (TOKEN_VECTORS / CODES_PER_BYTE)
#define STAGE_VECTORS (TILE_TOKENS * TOKEN_VECTORS + TILE_ROWS * ROW_VECTORS)

// Preserved channels that are added at a time, and the distance of two in shared memory, which spreads them over banks.
#define PRESERVED_PART 16
#define PRESERVED_PITCH (TILE_TOKENS + 2)

// Where a vector of an operand lies in shared memory. Eight vectors fill all banks; the exclusive or gives the same vector of 8 neighbouring lines different banks,
// whether a line has 8, 4 or 2 vectors.
DEVICE int place(int vector) { return vector ^ (vector / 8 % 8); }

DEVICE uint shared_address(const void* pointer) { return (uint)__cvta_generic_to_shared(pointer); }

// Begins to copy 16 bytes to shared memory, or to put zeros there.
DEVICE void begin_copy(uint4* destination, const void* source, bool isThere)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" : : "r"(shared_address(destination)), "l"(source), "r"(isThere ? 16 : 0) : "memory");
}

DEVICE void end_stage() { asm volatile("cp.async.commit_group;" : : : "memory"); }

// Waits until all but the newest stages - 2 have arrived, for what this thread began to copy.
DEVICE void wait_for_stage() { asm volatile("cp.async.wait_group %0;" : : "n"(STAGES - 2) : "memory"); }

// Four matrices of 8 vectors; lanes 8i to 8i + 7 give the addresses of matrix i.
DEVICE void load_matrices(uint words[4], const uint4* vector)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
        : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3]) : "r"(shared_address(vector)) : "memory");
}

DEVICE void multiply(int sums[4], const uint tokens[4], uint low, uint high)
{
    asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+r"(sums[0]), "+r"(sums[1]), "+r"(sums[2]), "+r"(sums[3]) : "r"(tokens[0]), "r"(tokens[1]), "r"(tokens[2]), "r"(tokens[3]), "r"(low), "r"(high));
}

KERNEL(THREADS, 1) code_tensor(
    const signed char* sourceCodes, int stride, const float* sourceScales, const float* sourcePreserved, int tokens,
    const uchar* codes, const float* scales, const float* preservedColumns, int preservedCount,
    int columns, int groupSize, int rows, int firstRow, int endRow, float* destination)
{
    extern __shared__ __align__(128) uint4 stages[];
    int item = ITEM(0);
    int lane = item % 32;
    int tileRow = firstRow + GROUP(0) * TILE_ROWS;
    int tileToken = GROUP(1) * TILE_TOKENS;
    int warpRow = item / 32 % WARPS_ACROSS * WARP_ROWS;
    int warpToken = item / 32 / WARPS_ACROSS * WARP_TOKENS;
    int groups = columns == 0 ? 0 : (columns + groupSize - 1) / groupSize;
    int bytes = bytes_per_row(columns);
    int steps = (columns + STEP_COLUMNS - 1) / STEP_COLUMNS;

    // The first token and feature of this lane in the results.
    int lanesToken = tileToken + warpToken + lane / 4;
    int lanesRow = tileRow + warpRow + lane % 4 * 2;

    int sums[TOKEN_FRAGMENTS][ROW_FRAGMENTS][4] = {};
    float totals[TOKEN_FRAGMENTS][ROW_FRAGMENTS][4] = {};

    // Tokens and rows behind the last are zeros; so are the codes of activations behind the last column, and whatever weights meet them there add nothing.
    auto bring = [&](int step)
    {
        uint4* tokenStage = stages + step % STAGES * STAGE_VECTORS;
        uint4* rowStage = tokenStage + TILE_TOKENS * TOKEN_VECTORS;
        #pragma unroll
        for (int i = item; i < TILE_TOKENS * TOKEN_VECTORS; i += THREADS)
        {
            int token = tileToken + i / TOKEN_VECTORS;
            bool isThere = token < tokens;
            begin_copy(tokenStage + place(i), sourceCodes + (isThere ? (size_t)token * stride + step * STEP_COLUMNS + i % TOKEN_VECTORS * 16 : 0), isThere);
        }

        #pragma unroll
        for (int i = item; i < TILE_ROWS * ROW_VECTORS; i += THREADS)
        {
            int row = tileRow + i / ROW_VECTORS;
            int offset = step * (STEP_COLUMNS / CODES_PER_BYTE) + i % ROW_VECTORS * 16;
            bool isThere = row < endRow && offset < bytes;
            begin_copy(rowStage + place(i), codes + (isThere ? (size_t)row * bytes + offset : 0), isThere);
        }
    };

    // The scale of each of this lane's features, which lie 8 apart in pairs.
    float scale[ROW_FRAGMENTS][2];
    auto load_scales = [&](int group)
    {
        #pragma unroll
        for (int r = 0; r < ROW_FRAGMENTS; r++)
        {
            scale[r][0] = group < groups ? scales[(size_t)min(lanesRow + 8 * r, endRow - 1) * groups + group] : 0.0f;
            scale[r][1] = group < groups ? scales[(size_t)min(lanesRow + 8 * r + 1, endRow - 1) * groups + group] : 0.0f;
        }
    };

    auto scale_sums = [&]()
    {
        #pragma unroll
        for (int t = 0; t < TOKEN_FRAGMENTS; t++)
        {
            #pragma unroll
            for (int r = 0; r < ROW_FRAGMENTS; r++)
            {
                #pragma unroll
                for (int i = 0; i < 4; i++)
                {
                    totals[t][r][i] = MULTIPLY_ADD(scale[r][i % 2], (float)sums[t][r][i], totals[t][r][i]);
                    sums[t][r][i] = 0;
                }
            }
        }
    };

    for (int step = 0; step < STAGES - 1; step++)
    {
        if (step < steps)
        {
            bring(step);
        }

        end_stage();
    }

#ifdef IN_GROUPS
    // Groups end at whole slices of 32 columns, the last with the columns.
    int lastEnd = (columns + 31) / 32 * 32;
    int group = 0;
    int groupEnd = groupSize;
    load_scales(0);
#endif

    for (int step = 0; step < steps; step++)
    {
        // Behind the barrier every thread has waited for its own copies, and has read what the next copies overwrite.
        wait_for_stage();
        BARRIER();
        if (step + STAGES - 1 < steps)
        {
            bring(step + STAGES - 1);
        }

        end_stage();
        const uint4* tokenStage = stages + step % STAGES * STAGE_VECTORS;
        const uint4* rowStage = tokenStage + TILE_TOKENS * TOKEN_VECTORS;
        #pragma unroll
        for (int block = 0; block < ROW_VECTORS / 2; block++)
        {
            // Matrices: both vectors of 8 rows, then of the next 8.
            uint packed[ROW_FRAGMENTS / 2][4];
            #pragma unroll
            for (int r = 0; r < ROW_FRAGMENTS / 2; r++)
            {
                int row = warpRow + 16 * r + lane / 16 * 8 + lane % 8;
                load_matrices(packed[r], rowStage + place(row * ROW_VECTORS + 2 * block + lane / 8 % 2));
            }

            #pragma unroll
            for (int field = 0; field < CODES_PER_BYTE; field++)
            {
                // Matrices: the first vector of 8 tokens and of the next 8, then the second of both.
                int slice = block * CODES_PER_BYTE + field;
                uint values[TOKEN_FRAGMENTS][4];
                #pragma unroll
                for (int t = 0; t < TOKEN_FRAGMENTS; t++)
                {
                    int token = warpToken + 16 * t + lane % 16;
                    load_matrices(values[t], tokenStage + place(token * TOKEN_VECTORS + 2 * slice + lane / 16));
                }

                #pragma unroll
                for (int r = 0; r < ROW_FRAGMENTS; r++)
                {
                    uint low = codes_of_word(packed[r / 2][r % 2 * 2], field * FORMAT);
                    uint high = codes_of_word(packed[r / 2][r % 2 * 2 + 1], field * FORMAT);
                    #pragma unroll
                    for (int t = 0; t < TOKEN_FRAGMENTS; t++)
                    {
                        multiply(sums[t][r], values[t], low, high);
                    }
                }

#ifdef IN_GROUPS
                if (step * STEP_COLUMNS + 32 * slice + 32 == min(groupEnd, lastEnd))
                {
                    scale_sums();
                    group++;
                    groupEnd += groupSize;
                    load_scales(group);
                }
#endif
            }
        }
    }

#ifndef IN_GROUPS
    load_scales(0);
    scale_sums();
#endif

    #pragma unroll
    for (int t = 0; t < TOKEN_FRAGMENTS; t++)
    {
        #pragma unroll
        for (int i = 0; i < 4; i++)
        {
            float tokenScale = sourceScales[min(lanesToken + 16 * t + i / 2 * 8, tokens - 1)];
            #pragma unroll
            for (int r = 0; r < ROW_FRAGMENTS; r++)
            {
                totals[t][r][i] = tokenScale * totals[t][r][i];
            }
        }
    }

    // Preserved channels: [channel][token] and [channel][feature] where the stages were.
    float* values = (float*)stages;
    float* weights = values + PRESERVED_PART * PRESERVED_PITCH;
    for (int first = 0; first < preservedCount; first += PRESERVED_PART)
    {
        BARRIER();
        for (int i = item; i < TILE_TOKENS * PRESERVED_PART; i += THREADS)
        {
            int line = i / PRESERVED_PART;
            int channel = first + i % PRESERVED_PART;
            bool isThere = channel < preservedCount;
            int at = i % PRESERVED_PART * PRESERVED_PITCH + line;
            values[at] = isThere && tileToken + line < tokens ? sourcePreserved[(size_t)(tileToken + line) * preservedCount + channel] : 0.0f;
            weights[at] = isThere && tileRow + line < endRow ? preservedColumns[(size_t)(tileRow + line) * preservedCount + channel] : 0.0f;
        }

        BARRIER();
        for (int j = 0; j < min(PRESERVED_PART, preservedCount - first); j++)
        {
            const float* value = values + j * PRESERVED_PITCH + warpToken + lane / 4;
            const float* weight = weights + j * PRESERVED_PITCH + warpRow + lane % 4 * 2;
            #pragma unroll
            for (int r = 0; r < ROW_FRAGMENTS; r++)
            {
                float2 pair = *(const float2*)(weight + 8 * r);
                #pragma unroll
                for (int t = 0; t < TOKEN_FRAGMENTS; t++)
                {
                    #pragma unroll
                    for (int i = 0; i < 4; i++)
                    {
                        totals[t][r][i] = MULTIPLY_ADD(i % 2 == 0 ? pair.x : pair.y, value[16 * t + i / 2 * 8], totals[t][r][i]);
                    }
                }
            }
        }
    }

    // Two features are stored at once where every pair lies at a multiple of 8 bytes.
    bool inPairs = rows % 2 == 0 && firstRow % 2 == 0;
    #pragma unroll
    for (int t = 0; t < TOKEN_FRAGMENTS; t++)
    {
        #pragma unroll
        for (int i = 0; i < 4; i += 2)
        {
            int token = lanesToken + 16 * t + i / 2 * 8;
            #pragma unroll
            for (int r = 0; r < ROW_FRAGMENTS; r++)
            {
                int row = lanesRow + 8 * r;
                float* product = destination + (size_t)token * rows + row;
                if (token < tokens && row + 1 < endRow && inPairs)
                {
                    *(float2*)product = make_float2(totals[t][r][i], totals[t][r][i + 1]);
                }
                else if (token < tokens)
                {
                    if (row < endRow)
                    {
                        product[0] = totals[t][r][i];
                    }

                    if (row + 1 < endRow)
                    {
                        product[1] = totals[t][r][i + 1];
                    }
                }
            }
        }
    }
}
