// The parts of a forward pass that go over values once: norms, sums, activation functions, placing heads, scales.

#define ITEMS 128

// Adds up one number of every item. The tree is always the same, and so are the bits. Every item of the group must call it.
DEVICE float add_items(LOCAL float* numbers, float mine)
{
    int item = ITEM(0);
    BARRIER();
    numbers[item] = mine;
    for (int width = ITEMS / 2; width > 0; width /= 2)
    {
        BARRIER();
        if (item < width)
        {
            numbers[item] += numbers[item + width];
        }
    }

    BARRIER();
    return numbers[0];
}

// The root of the mean square of values[0 … size − 1] − mean, with epsilon.
DEVICE float root_mean_square(LOCAL float* numbers, GLOBAL const float* values, int size, float mean, float epsilon)
{
    float mine = 0;
    for (int c = ITEM(0); c < size; c += ITEMS)
    {
        float value = values[c] - mean;
        mine = MULTIPLY_ADD(value, value, mine);
    }

    return sqrt(divide(add_items(numbers, mine), (float)size) + epsilon);
}

// One group a row: gain · x / root mean square, or gain · (x − mean) / deviation + bias. May be done in place.
KERNEL(ITEMS, 1) normalize_rows(GLOBAL const float* source, int size, GLOBAL const float* gain, GLOBAL const float* bias, int subtractsMean, int epsilonBits, GLOBAL float* destination)
{
    LOCAL_ARRAY float numbers[ITEMS];
    GLOBAL const float* row = source + (size_t)GROUP(0) * size;
    GLOBAL float* normalized = destination + (size_t)GROUP(0) * size;
    float mean = 0;
    if (subtractsMean)
    {
        float mine = 0;
        for (int c = ITEM(0); c < size; c += ITEMS)
        {
            mine += row[c];
        }

        mean = divide(add_items(numbers, mine), (float)size);
    }

    float divisor = root_mean_square(numbers, row, size, mean, BITS_AS_FLOAT(epsilonBits));
    for (int c = ITEM(0); c < size; c += ITEMS)
    {
        float value = divide(row[c] - mean, divisor) * gain[c];
        normalized[c] = subtractsMean ? value + bias[c] : value;
    }
}

// destination[i] += addend[i].
KERNEL(ITEMS, 1) add(GLOBAL const float* addend, int count, GLOBAL float* destination)
{
    int i = GROUP(0) * ITEMS + ITEM(0);
    if (i < count)
    {
        destination[i] += addend[i];
    }
}

// One row of groups a row of values: adds a vector, or another one to one row.
KERNEL(ITEMS, 1) add_vector(GLOBAL const float* vector, GLOBAL const float* otherVector, int otherRow, int columns, GLOBAL float* destination)
{
    int column = GROUP(0) * ITEMS + ITEM(0);
    int row = GROUP(1);
    if (column < columns)
    {
        destination[(size_t)row * columns + column] += row == otherRow ? otherVector[column] : vector[column];
    }
}

// f(x) by the numbers of DeviceFunction.
DEVICE float activated(int function, float x)
{
    if (function == 0)
    {
        return divide(x, 1 + exp(-x));
    }

    if (function == 1)
    {
        return 0.5f * x * (1 + erf(x * 0.70710678f));
    }

    if (function == 2)
    {
        // x/2 · (1 + tanh(u)) is x / (1 + e^−2u).
        float u = x * (x * x * 0.044715f + 1);
        return divide(x, 1 + exp(u * -1.5957691216f));
    }

    return x < 0 ? 0.0f : x;
}

// values[i] = f(values[i]), times factor[i] where there is one.
KERNEL(ITEMS, 1) activate(int function, GLOBAL const float* factor, int hasFactor, int count, GLOBAL float* values)
{
    int i = GROUP(0) * ITEMS + ITEM(0);
    if (i < count)
    {
        float y = activated(function, values[i]);
        values[i] = hasFactor ? y * factor[i] : y;
    }
}

// One group a head of a token: copies it to its place, normalized and rotated.
KERNEL(ITEMS, 1) place_heads(
    GLOBAL const float* source, int sourceStride, int sourceOffset, int headSize, int group, int outerStride, int firstRow,
    GLOBAL const float* gain, int hasNorm, int epsilonBits, GLOBAL const float* rotations, int isRotated, GLOBAL float* destination)
{
    LOCAL_ARRAY float numbers[ITEMS];
    int token = GROUP(0);
    int head = GROUP(1);
    GLOBAL const float* x = source + (size_t)token * sourceStride + sourceOffset + (size_t)head * headSize;
    GLOBAL float* placed = destination + ((size_t)(head / group) * outerStride + firstRow + (size_t)token * group + head % group) * headSize;
    float divisor = hasNorm ? root_mean_square(numbers, x, headSize, 0, BITS_AS_FLOAT(epsilonBits)) : 1;
    int half_size = headSize / 2;
    for (int i = ITEM(0); i < (isRotated ? half_size : headSize); i += ITEMS)
    {
        float low = hasNorm ? divide(x[i], divisor) * gain[i] : x[i];
        if (!isRotated)
        {
            placed[i] = low;
            continue;
        }

        float high = hasNorm ? divide(x[i + half_size], divisor) * gain[i + half_size] : x[i + half_size];
        float cosine = rotations[(size_t)token * headSize + i];
        float sine = rotations[(size_t)token * headSize + half_size + i];
        placed[i] = low * cosine - high * sine;
        placed[i + half_size] = high * cosine + low * sine;
    }
}

DEVICE int is_finite(float x) { return x - x == 0; }

DEVICE float larger_or_nan(float a, float b) { return a != a || a > b ? a : b; }

// One group: scales[token] by the numbers of DeviceScaleRule: 0 one for all, 1 a token's own, 2 the largest of the tokens.
KERNEL(ITEMS, 1) find_scales(int rule, int staticScaleBits, int qMax, GLOBAL const float* largest, GLOBAL const float* counted, int tokens, GLOBAL float* scales)
{
    LOCAL_ARRAY float numbers[ITEMS];
    int item = ITEM(0);
    float mine = 0;
    for (int t = item; t < tokens; t += ITEMS)
    {
        float scale = rule == 0 ? BITS_AS_FLOAT(staticScaleBits) : divide(counted[t], (float)qMax);
        scale = is_finite(largest[t]) ? scale : largest[t] - largest[t];
        mine = larger_or_nan(mine, scale);
        scales[t] = scale == 0 ? 1.0f : scale;
    }

    if (rule != 2)
    {
        return;
    }

    numbers[item] = mine;
    for (int width = ITEMS / 2; width > 0; width /= 2)
    {
        BARRIER();
        if (item < width)
        {
            numbers[item] = larger_or_nan(numbers[item], numbers[item + width]);
        }
    }

    BARRIER();
    float shared = numbers[0] == 0 ? 1.0f : numbers[0];
    // All items make the same rounds: of a loop that ends at another place for each, PoCL 3.1 makes AVX-512 scatters beyond the end.
    for (int first = 0; first < tokens; first += ITEMS)
    {
        if (first + item < tokens)
        {
            scales[first + item] = shared;
        }
    }
}

// The next three search many values, a group a slice of them, and leave a pair of words for each slice: DeviceSlices has the layout.
#define SLICE 1024

// The largest value of a slice and its smallest index; NaN if any value is NaN.
KERNEL(ITEMS, 1) find_largest(GLOBAL const float* values, int count, GLOBAL float* found)
{
    LOCAL_ARRAY float numbers[ITEMS];
    LOCAL_ARRAY int places[ITEMS];
    int item = ITEM(0);
    int end = min((GROUP(0) + 1) * SLICE, count);
    int place = min(GROUP(0) * SLICE + item, count - 1);
    float mine = values[place];
    for (int i = place + ITEMS; i < end; i += ITEMS)
    {
        float other = values[i];
        if (other != other || other > mine)
        {
            mine = other;
            place = i;
        }
    }

    numbers[item] = mine;
    places[item] = place;
    for (int width = ITEMS / 2; width > 0; width /= 2)
    {
        BARRIER();
        if (item < width && numbers[item] == numbers[item])
        {
            float other = numbers[item + width];
            if (other != other || other > numbers[item] || (other == numbers[item] && places[item + width] < places[item]))
            {
                numbers[item] = other;
                places[item] = places[item + width];
            }
        }
    }

    if (item == 0)
    {
        found[2 * GROUP(0)] = numbers[0];
        ((GLOBAL int*)found)[2 * GROUP(0) + 1] = places[0];
    }
}

// The sum of exp((value - largest) / temperature) over a slice, and how many of its values are at least the least.
KERNEL(ITEMS, 1) sum_exponentials(GLOBAL const float* values, int count, int largestBits, int temperatureBits, int leastBits, GLOBAL float* found)
{
    LOCAL_ARRAY float numbers[ITEMS];
    int end = min((GROUP(0) + 1) * SLICE, count);
    float sum = 0;
    float candidates = 0;
    for (int i = GROUP(0) * SLICE + ITEM(0); i < end; i += ITEMS)
    {
        sum += exp(divide(values[i] - BITS_AS_FLOAT(largestBits), BITS_AS_FLOAT(temperatureBits)));
        candidates += values[i] >= BITS_AS_FLOAT(leastBits) ? 1.0f : 0.0f;
    }

    sum = add_items(numbers, sum);
    candidates = add_items(numbers, candidates);
    if (ITEM(0) == 0)
    {
        found[2 * GROUP(0)] = sum;
        ((GLOBAL int*)found)[2 * GROUP(0) + 1] = (int)candidates;
    }
}

// After sum_exponentials: writes the candidates, index and value, behind the pairs of the slices. An item has neighbouring values, so that indices rise.
KERNEL(ITEMS, 1) list_candidates(GLOBAL const float* values, int count, int leastBits, int room, GLOBAL int* found)
{
    LOCAL_ARRAY float numbers[ITEMS];
    int item = ITEM(0);
    int first = GROUP(0) * SLICE + item * (SLICE / ITEMS);
    float least = BITS_AS_FLOAT(leastBits);
    float before = 0;
    for (int slice = item; slice < GROUP(0); slice += ITEMS)
    {
        before += (float)found[2 * slice + 1];
    }

    float mine = 0;
    for (int i = 0; i < SLICE / ITEMS; i++)
    {
        mine += first + i < count && values[first + i] >= least ? 1.0f : 0.0f;
    }

    // Numbers are exact to 2^24. A scan by doubling widths would take fewer steps, but PoCL 3.1 compiles its loop to wrong sums.
    before = add_items(numbers, before);
    BARRIER();
    numbers[item] = mine;
    BARRIER();
    for (int other = 0; other < ITEMS; other++)
    {
        before += other < item ? numbers[other] : 0.0f;
    }

    int place = (int)before;
    GLOBAL int* list = found + 2 * ((count + SLICE - 1) / SLICE);
    for (int i = 0; i < SLICE / ITEMS; i++)
    {
        if (first + i < count && values[first + i] >= least)
        {
            if (place < room)
            {
                list[2 * place] = first + i;
                ((GLOBAL float*)list)[2 * place + 1] = values[first + i];
            }

            place++;
        }
    }
}
