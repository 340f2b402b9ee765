// Attention with online softmax: a group of 16 × 16 items goes over the keys with ROWS rows of queries, KEYS keys at a time.
// The rows are the queries, in order, of all heads that read one key and value head. DIMENSIONS is the head's width over 16, rounded up.

#define ROWS_OF_QUERIES 16
#define KEYS 32
#define STEP 32
#define PITCH (STEP + 1)

#define MINUS_INFINITY BITS_AS_FLOAT(0xFF800000u)

KERNEL(16, 16) attend(
    GLOBAL const float* queries, GLOBAL const float* keys, GLOBAL const float* values, int headSize, int group, int keyValueHeads,
    int tokens, int firstPosition, int slidingWindow, int capacity, GLOBAL float* attended)
{
    LOCAL_ARRAY float queryStep[ROWS_OF_QUERIES * PITCH];
    LOCAL_ARRAY float keyStep[KEYS * PITCH];
    LOCAL_ARRAY float scores[ROWS_OF_QUERIES * PITCH];
    int x = ITEM(0);
    int y = ITEM(1);
    int pair = GROUP(1);
    int rows = tokens * group;
    int firstRow = GROUP(0) * ROWS_OF_QUERIES;
    int row = min(firstRow + y, rows - 1);
    int lastRow = min(firstRow + ROWS_OF_QUERIES, rows) - 1;
    GLOBAL const float* headQueries = queries + (size_t)pair * rows * headSize;
    GLOBAL const float* headKeys = keys + (size_t)pair * capacity * headSize;
    GLOBAL const float* headValues = values + (size_t)pair * capacity * headSize;

    // What this item's row sees, and what any row of the group sees.
    int position = firstPosition + row / group;
    int firstKey = max(0, position - (slidingWindow - 1));
    int firstOfGroup = max(0, firstPosition + firstRow / group - (slidingWindow - 1));
    int endOfGroup = firstPosition + lastRow / group + 1;
    float root = sqrt((float)headSize);
    float largest = MINUS_INFINITY;
    float total = 0;
    float sums[DIMENSIONS];
    for (int d = 0; d < DIMENSIONS; d++)
    {
        sums[d] = 0;
    }

    for (int first = firstOfGroup / KEYS * KEYS; first < endOfGroup; first += KEYS)
    {
        // Scores of keys x and x + 16.
        float low = 0;
        float high = 0;
        for (int d = 0; d < headSize; d += STEP)
        {
            for (int i = x; i < STEP; i += 16)
            {
                int dimension = d + i;
                int inside = dimension < headSize;
                queryStep[y * PITCH + i] = inside ? headQueries[(size_t)row * headSize + dimension] : 0.0f;
                keyStep[y * PITCH + i] = inside && first + y < endOfGroup ? headKeys[(size_t)(first + y) * headSize + dimension] : 0.0f;
                keyStep[(y + 16) * PITCH + i] = inside && first + y + 16 < endOfGroup ? headKeys[(size_t)(first + y + 16) * headSize + dimension] : 0.0f;
            }

            BARRIER();
            for (int i = 0; i < STEP; i++)
            {
                float query = queryStep[y * PITCH + i];
                low = MULTIPLY_ADD(query, keyStep[x * PITCH + i], low);
                high = MULTIPLY_ADD(query, keyStep[(x + 16) * PITCH + i], high);
            }

            BARRIER();
        }

        scores[y * PITCH + x] = first + x >= firstKey && first + x <= position ? divide(low, root) : MINUS_INFINITY;
        scores[y * PITCH + x + 16] = first + x + 16 >= firstKey && first + x + 16 <= position ? divide(high, root) : MINUS_INFINITY;
        BARRIER();

        // Every item of a row finds the same largest score; fmax leaves NaN out, which the exponential brings back.
        float newLargest = largest;
        for (int k = 0; k < KEYS; k++)
        {
            newLargest = fmax(newLargest, scores[y * PITCH + k]);
        }

        BARRIER();
        for (int k = x; k < KEYS; k += 16)
        {
            int isSeen = first + k >= firstKey && first + k <= position;
            scores[y * PITCH + k] = isSeen ? exp(scores[y * PITCH + k] - newLargest) : 0.0f;
        }

        BARRIER();
        float shrink = largest == newLargest ? 1.0f : exp(largest - newLargest);
        total *= shrink;
        for (int d = 0; d < DIMENSIONS; d++)
        {
            sums[d] *= shrink;
        }

        int endKey = min(KEYS, position + 1 - first);
        for (int k = max(0, firstKey - first); k < endKey; k++)
        {
            float weight = scores[y * PITCH + k];
            total += weight;
            for (int d = 0; d < DIMENSIONS; d++)
            {
                int dimension = d * 16 + x;
                sums[d] = dimension < headSize ? MULTIPLY_ADD(weight, headValues[(size_t)(first + k) * headSize + dimension], sums[d]) : 0.0f;
            }
        }

        largest = newLargest;
        BARRIER();
    }

    if (firstRow + y < rows)
    {
        int head = pair * group + row % group;
        for (int d = 0; d < DIMENSIONS; d++)
        {
            int dimension = d * 16 + x;
            if (dimension < headSize)
            {
                attended[((size_t)(row / group) * keyValueHeads * group + head) * headSize + dimension] = divide(sums[d], total);
            }
        }
    }
}
