// Attention with online softmax: a group of 16 × 16 items goes over the keys with ROWS_OF_QUERIES rows of queries, KEYS keys at a time.
// The rows are the queries, in order, of all heads that read one key and value head. DIMENSIONS is the head's width over 16, rounded up.
// Keys are summed segment by segment, and the segments' sums one after the other: so a row's bits are the same whether one group goes over all segments
// (attend) or each has its own (attend_segment, then merge_segments), which keeps a device busy where there are few queries.

#define ROWS_OF_QUERIES 16
#define KEYS 32
#define STEP 32
#define PITCH (STEP + 1)
#define SEGMENT 128
#define ITEMS 128

#define TOGETHER (DIMENSIONS > 8 ? 2 : 3)

#define MINUS_INFINITY BITS_AS_FLOAT(0xFF800000u)

// Memory of a group.
#define DECLARE_STEPS \
    LOCAL_ARRAY float queryStep[ROWS_OF_QUERIES * PITCH]; \
    LOCAL_ARRAY float keyStep[KEYS * PITCH]; \
    LOCAL_ARRAY float scores[ROWS_OF_QUERIES * PITCH]

// What an item's row sees (from firstKey to position), and what any row of its group sees.
typedef struct
{
    int row;
    int position;
    int firstKey;
    int firstOfGroup;
    int endOfGroup;
} sight;

DEVICE sight see(int firstRow, int rows, int group, int firstPosition, int slidingWindow)
{
    sight seen;
    seen.row = min(firstRow + ITEM(1), rows - 1);
    seen.position = firstPosition + seen.row / group;
    seen.firstKey = max(0, seen.position - (slidingWindow - 1));
    seen.firstOfGroup = max(0, firstPosition + firstRow / group - (slidingWindow - 1));
    seen.endOfGroup = firstPosition + (min(firstRow + ROWS_OF_QUERIES, rows) - 1) / group + 1;
    return seen;
}

// What sums that were made with the largest score are multiplied by where another is the largest.
DEVICE float shrink(float largest, float newLargest)
{
    return largest == newLargest ? 1.0f : exp(largest - newLargest);
}

// Sums the keys of one segment: the largest score, and with it the exponentials and the values that they weigh; nothing seen is −∞, 0 and 0.
DEVICE void sum_segment(
    int segment, sight seen, GLOBAL const float* query, GLOBAL const float* headKeys, GLOBAL const float* headValues, int headSize,
    LOCAL float* queryStep, LOCAL float* keyStep, LOCAL float* scores, float* largestScore, float* totalWeight, float sums[DIMENSIONS])
{
    int x = ITEM(0);
    int y = ITEM(1);
    int end = min((segment + 1) * SEGMENT, seen.endOfGroup);
    float root = sqrt((float)headSize);
    float largest = MINUS_INFINITY;
    float total = 0;
    for (int d = 0; d < DIMENSIONS; d++)
    {
        sums[d] = 0;
    }

    for (int first = max(segment * SEGMENT, seen.firstOfGroup / KEYS * KEYS); first < end; first += KEYS)
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
                queryStep[y * PITCH + i] = inside ? query[dimension] : 0.0f;
                keyStep[y * PITCH + i] = inside && first + y < end ? headKeys[(size_t)(first + y) * headSize + dimension] : 0.0f;
                keyStep[(y + 16) * PITCH + i] = inside && first + y + 16 < end ? headKeys[(size_t)(first + y + 16) * headSize + dimension] : 0.0f;
            }

            BARRIER();
            for (int i = 0; i < STEP; i++)
            {
                float value = queryStep[y * PITCH + i];
                low = MULTIPLY_ADD(value, keyStep[x * PITCH + i], low);
                high = MULTIPLY_ADD(value, keyStep[(x + 16) * PITCH + i], high);
            }

            BARRIER();
        }

        scores[y * PITCH + x] = first + x >= seen.firstKey && first + x <= seen.position ? divide(low, root) : MINUS_INFINITY;
        scores[y * PITCH + x + 16] = first + x + 16 >= seen.firstKey && first + x + 16 <= seen.position ? divide(high, root) : MINUS_INFINITY;
        BARRIER();

        // Every item of a row finds the same largest score; fmax leaves NaN out, which the exponential brings back.
        float newLargest = largest;
        for (int k = 0; k < KEYS; k++)
        {
            newLargest = fmax(newLargest, scores[y * PITCH + k]);
        }

        // Scores of −∞ weigh nothing, also before any other is seen.
        float subtracted = newLargest == MINUS_INFINITY ? 0.0f : newLargest;
        BARRIER();
        for (int k = x; k < KEYS; k += 16)
        {
            int isSeen = first + k >= seen.firstKey && first + k <= seen.position;
            scores[y * PITCH + k] = isSeen ? exp(scores[y * PITCH + k] - subtracted) : 0.0f;
        }

        BARRIER();
        float factor = shrink(largest, newLargest);
        total *= factor;
        for (int d = 0; d < DIMENSIONS; d++)
        {
            sums[d] *= factor;
        }

        int endKey = min(KEYS, seen.position + 1 - first);
        for (int k = max(0, seen.firstKey - first); k < endKey; k++)
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

    *largestScore = largest;
    *totalWeight = total;
}

KERNEL_TOGETHER(16, 16, TOGETHER) attend(
    GLOBAL const float* queries, GLOBAL const float* keys, GLOBAL const float* values, int headSize, int group, int keyValueHeads,
    int tokens, int firstPosition, int slidingWindow, int capacity, GLOBAL float* attended)
{
    DECLARE_STEPS;
    int pair = GROUP(1);
    int rows = tokens * group;
    int firstRow = GROUP(0) * ROWS_OF_QUERIES;
    sight seen = see(firstRow, rows, group, firstPosition, slidingWindow);
    size_t head = (size_t)pair * capacity * headSize;
    float largest = MINUS_INFINITY;
    float total = 0;
    float sums[DIMENSIONS];
    for (int d = 0; d < DIMENSIONS; d++)
    {
        sums[d] = 0;
    }

    for (int segment = seen.firstOfGroup / SEGMENT; segment * SEGMENT < seen.endOfGroup; segment++)
    {
        float segmentLargest, segmentTotal, segmentSums[DIMENSIONS];
        sum_segment(
            segment, seen, queries + ((size_t)pair * rows + seen.row) * headSize, keys + head, values + head, headSize,
            queryStep, keyStep, scores, &segmentLargest, &segmentTotal, segmentSums);
        if (segment * SEGMENT <= seen.position && (segment + 1) * SEGMENT > seen.firstKey)
        {
            float newLargest = fmax(largest, segmentLargest);
            float before = shrink(largest, newLargest);
            float now = shrink(segmentLargest, newLargest);
            total = MULTIPLY_ADD(total, before, segmentTotal * now);
            for (int d = 0; d < DIMENSIONS; d++)
            {
                sums[d] = MULTIPLY_ADD(sums[d], before, segmentSums[d] * now);
            }

            largest = newLargest;
        }
    }

    if (firstRow + ITEM(1) < rows)
    {
        GLOBAL float* result = attended + (((size_t)(seen.row / group) * keyValueHeads + pair) * group + seen.row % group) * headSize;
        for (int d = 0; d < DIMENSIONS; d++)
        {
            int dimension = d * 16 + ITEM(0);
            if (dimension < headSize)
            {
                result[dimension] = divide(sums[d], total);
            }
        }
    }
}

// A group for each segment that any row sees, of which there are at most ROWS_OF_QUERIES. Partial sums: for each pair, row and segment the values, then the largest and the total.
KERNEL_TOGETHER(16, 16, TOGETHER) attend_segment(
    GLOBAL const float* queries, GLOBAL const float* keys, GLOBAL const float* values, int headSize, int group,
    int tokens, int firstPosition, int slidingWindow, int capacity, int segments, GLOBAL float* partials)
{
    DECLARE_STEPS;
    int pair = GROUP(1);
    int rows = tokens * group;
    sight seen = see(0, rows, group, firstPosition, slidingWindow);
    size_t head = (size_t)pair * capacity * headSize;
    float largest, total, sums[DIMENSIONS];
    sum_segment(
        seen.firstOfGroup / SEGMENT + GROUP(0), seen, queries + ((size_t)pair * rows + seen.row) * headSize, keys + head, values + head, headSize,
        queryStep, keyStep, scores, &largest, &total, sums);
    if (ITEM(1) < rows)
    {
        GLOBAL float* partial = partials + (((size_t)pair * rows + seen.row) * segments + GROUP(0)) * (headSize + 2);
        for (int d = 0; d < DIMENSIONS; d++)
        {
            int dimension = d * 16 + ITEM(0);
            if (dimension < headSize)
            {
                partial[dimension] = sums[d];
            }
        }

        if (ITEM(0) == 0)
        {
            partial[headSize] = largest;
            partial[headSize + 1] = total;
        }
    }
}

// A group for each row of each pair, an item for each of its values.
KERNEL(ITEMS, 1) merge_segments(
    GLOBAL const float* partials, int headSize, int group, int keyValueHeads, int tokens, int firstPosition, int slidingWindow, int segments, GLOBAL float* attended)
{
    int row = GROUP(0);
    int pair = GROUP(1);
    int position = firstPosition + row / group;
    int firstSegment = max(0, firstPosition - (slidingWindow - 1)) / SEGMENT;
    int first = max(0, position - (slidingWindow - 1)) / SEGMENT - firstSegment;
    int end = position / SEGMENT - firstSegment + 1;
    GLOBAL const float* rowPartials = partials + ((size_t)pair * tokens * group + row) * segments * (headSize + 2);
    GLOBAL float* result = attended + (((size_t)(row / group) * keyValueHeads + pair) * group + row % group) * headSize;
    for (int dimension = ITEM(0); dimension < headSize; dimension += ITEMS)
    {
        float largest = MINUS_INFINITY;
        float total = 0;
        float sum = 0;
        for (int segment = first; segment < end; segment++)
        {
            GLOBAL const float* partial = rowPartials + (size_t)segment * (headSize + 2);
            float newLargest = fmax(largest, partial[headSize]);
            float before = shrink(largest, newLargest);
            float now = shrink(partial[headSize], newLargest);
            total = MULTIPLY_ADD(total, before, partial[headSize + 1] * now);
            sum = MULTIPLY_ADD(sum, before, partial[dimension] * now);
            largest = newLargest;
        }

        result[dimension] = divide(sum, total);
    }
}
