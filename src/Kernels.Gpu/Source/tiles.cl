// Kernels for many tokens: a group of 16 × 16 items computes TILE features of TILE tokens, and an item 4 × 4 of them.
// Both operands are brought into memory of the group, a step of columns at a time.

#define TILE 64
#define TILE_ITEMS 16
#define EACH 4

// A step of float operands: values[column][feature or token]. The pitch keeps 16-byte alignment and spreads columns over banks.
#define FLOAT_STEP 16
#define FLOAT_PITCH (TILE + 4)

// Adds the products of one step to the sums of an item: 4 neighbouring features by 4 neighbouring tokens, columns in order.
DEVICE void add_float_step(LOCAL const float* weights, LOCAL const float* values, float sums[EACH][EACH])
{
    for (int c = 0; c < FLOAT_STEP; c++)
    {
        float4 w = ((LOCAL const float4*)(weights + c * FLOAT_PITCH))[ITEM(0)];
        float4 x = ((LOCAL const float4*)(values + c * FLOAT_PITCH))[ITEM(1)];
        float weight[EACH] = {w.x, w.y, w.z, w.w};
        float value[EACH] = {x.x, x.y, x.z, x.w};
        #pragma unroll
        for (int t = 0; t < EACH; t++)
        {
            #pragma unroll
            for (int r = 0; r < EACH; r++)
            {
                sums[t][r] = MULTIPLY_ADD(weight[r], value[t], sums[t][r]);
            }
        }
    }
}
