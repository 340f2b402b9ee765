// Kernels for few tokens: LANES neighbouring items share an output feature, ROWS features are in a group, and each weight that is read meets up to TOKENS tokens.

#define LANES 32
#define ROWS 4
#define TOKENS 4

// Adds up what the lanes of one feature hold, sums[token][lane], into lane 0. The tree is always the same, and so are the bits. Every item of the group must call it.
DEVICE void add_lanes(LOCAL float* sums, int lane)
{
    for (int width = LANES / 2; width > 0; width /= 2)
    {
        BARRIER();
        if (lane < width)
        {
            for (int t = 0; t < TOKENS; t++)
            {
                sums[t * LANES + lane] += sums[t * LANES + lane + width];
            }
        }
    }

    BARRIER();
}

// The same for exact integer sums.
DEVICE void add_lanes_exactly(LOCAL int* sums, int lane)
{
    for (int width = LANES / 2; width > 0; width /= 2)
    {
        BARRIER();
        if (lane < width)
        {
            for (int t = 0; t < TOKENS; t++)
            {
                sums[t * LANES + lane] += sums[t * LANES + lane + width];
            }
        }
    }

    BARRIER();
}
