// Activations to codes, or to what codes stand for: one group of items a token.

#define ITEMS 128

// Where a channel stands in a sorted list of channels; -1 if it is not there.
DEVICE int place_of(GLOBAL const int* channels, int count, int channel)
{
    int first = 0;
    int end = count;
    while (first < end)
    {
        int middle = (first + end) / 2;
        if (channels[middle] < channel)
        {
            first = middle + 1;
        }
        else
        {
            end = middle;
        }
    }

    return first < count && channels[first] == channel ? first : -1;
}

DEVICE int is_listed(GLOBAL const int* channels, int count, int channel) { return place_of(channels, count, channel) >= 0; }

// The larger magnitude; NaN if either is.
DEVICE float larger(float a, float b) { return a != a || a > b ? a : b; }

// absMax[token] = largest |source[token, c]| over channels that are not left out; 0 if there is none, NaN if any is NaN.
KERNEL(ITEMS, 1) abs_max(GLOBAL const float* source, int columns, GLOBAL const int* leftOut, int leftOutCount, GLOBAL float* absMax)
{
    LOCAL_ARRAY float largest[ITEMS];
    int item = ITEM(0);
    GLOBAL const float* row = source + (size_t)GROUP(0) * columns;
    float mine = 0;
    for (int c = item; c < columns; c += ITEMS)
    {
        if (!is_listed(leftOut, leftOutCount, c))
        {
            mine = larger(mine, fabs(row[c]));
        }
    }

    largest[item] = mine;
    for (int width = ITEMS / 2; width > 0; width /= 2)
    {
        BARRIER();
        if (item < width)
        {
            largest[item] = larger(largest[item], largest[item + width]);
        }
    }

    if (item == 0)
    {
        absMax[GROUP(0)] = largest[0];
    }
}

// codes[token, c] = clamp(round(source / scale), -qMax, qMax), half to even, 0 for NaN; 0 for preserved channels and from columns to stride.
// preserved[token, j] = the bits of the j-th preserved channel.
KERNEL(ITEMS, 1) quantize(
    GLOBAL const float* source, int columns, GLOBAL const int* channels, int channelCount, GLOBAL const float* scales, int qMax, GLOBAL signed char* codes, int stride, GLOBAL uint* preserved)
{
    int token = GROUP(0);
    GLOBAL const float* row = source + (size_t)token * columns;
    GLOBAL signed char* rowCodes = codes + (size_t)token * stride;
    float scale = scales[token];
    for (int c = ITEM(0); c < stride; c += ITEMS)
    {
        float rounded = 0;
        if (c < columns && !is_listed(channels, channelCount, c))
        {
            rounded = rint(divide(row[c], scale));
            rounded = rounded != rounded ? 0.0f : fmin(fmax(rounded, (float)-qMax), (float)qMax);
        }

        rowCodes[c] = (signed char)(int)rounded;
    }

    for (int j = ITEM(0); j < channelCount; j += ITEMS)
    {
        preserved[(size_t)token * channelCount + j] = ((GLOBAL const uint*)row)[channels[j]];
    }
}

// Brings float activations into the form that float × code products read: values[token, c] with 0 for preserved channels and from columns to stride,
// so that an infinite preserved channel meets no code 0; and preserved[token, j] beside them.
KERNEL(ITEMS, 1) set_apart(
    GLOBAL const uint* source, int columns, GLOBAL const int* channels, int channelCount, GLOBAL uint* values, int stride, GLOBAL uint* preserved)
{
    int token = GROUP(0);
    GLOBAL const uint* row = source + (size_t)token * columns;
    for (int c = ITEM(0); c < stride; c += ITEMS)
    {
        values[(size_t)token * stride + c] = c < columns && !is_listed(channels, channelCount, c) ? row[c] : 0;
    }

    for (int j = ITEM(0); j < channelCount; j += ITEMS)
    {
        preserved[(size_t)token * channelCount + j] = row[channels[j]];
    }
}

// values[row, c] = scale * clamp(round(values / scale), -qMax, qMax) in place, half to even; NaN stays NaN. Listed channels keep their value or, with constants, get
// theirs: those of otherConstants in one row.
KERNEL(ITEMS, 1) round_rows(
    GLOBAL float* values, int columns, GLOBAL const int* channels, int channelCount, int scaleBits, int qMax,
    GLOBAL const float* constants, GLOBAL const float* otherConstants, int hasConstants, int otherRow)
{
    GLOBAL float* row = values + (size_t)GROUP(0) * columns;
    GLOBAL const float* rowConstants = GROUP(0) == otherRow ? otherConstants : constants;
    float scale = BITS_AS_FLOAT(scaleBits);
    for (int c = ITEM(0); c < columns; c += ITEMS)
    {
        int place = place_of(channels, channelCount, c);
        if (place < 0)
        {
            // fmin and fmax alone would make a number of NaN.
            float rounded = rint(divide(row[c], scale));
            row[c] = scale * (rounded != rounded ? rounded : fmin(fmax(rounded, (float)-qMax), (float)qMax));
        }
        else if (hasConstants)
        {
            row[c] = rowConstants[place];
        }
    }
}
