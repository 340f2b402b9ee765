namespace OutlierQuant.Kernels.Devices;

/// <summary>The parts of a forward pass beside the products, over memory of a device. All values are float32.</summary>
/// <remarks>
/// <para>The bits of a row do not depend on how many rows are computed together. NaN and infinity propagate as in the CPU's forward pass.</para>
/// <para>Every method queues work and returns; buffers that are too small are refused at once, with an <see cref="ArgumentException"/> that names the buffer, its bytes and the bytes needed.</para>
/// </remarks>
public interface IDeviceParts
{
    /// <summary>Copies rows of a matrix, widened exactly, or adds them to what stands there: <c>destination[i] = table[rows[i] − firstRow]</c>.</summary>
    /// <param name="table">The matrix, not transposed; or some consecutive rows of a larger one. Shape <c>[rows, columns]</c>.</param>
    /// <param name="firstRow">Number of the first row of <paramref name="table"/>.</param>
    /// <param name="rows">Numbers of rows, 32-bit integers; for one that the table lacks, nothing is written. Shape <c>[count]</c>.</param>
    /// <param name="count">How many.</param>
    /// <param name="isAdded">Whether rows are added.</param>
    /// <param name="destination">Shape <c>[count, columns]</c>.</param>
    void LookUp(DeviceFloatWeights table, int firstRow, DeviceBuffer rows, int count, bool isAdded, DeviceBuffer destination);

    /// <summary>Normalizes rows. Source and destination may be the same buffer.</summary>
    /// <param name="norm">The norm.</param>
    /// <param name="source">Shape <c>[rows, size]</c>.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="destination">Shape <c>[rows, size]</c>.</param>
    void Normalize(DeviceNorm norm, DeviceBuffer source, int rows, DeviceBuffer destination);

    /// <summary><c>destination[i] += addend[i]</c>.</summary>
    /// <param name="addend">Shape <c>[count]</c>.</param>
    /// <param name="count">Number of values.</param>
    /// <param name="destination">Shape <c>[count]</c>.</param>
    void Add(DeviceBuffer addend, int count, DeviceBuffer destination);

    /// <summary>Adds a vector to every row, or another to one row.</summary>
    /// <param name="vector">Added to every row but one. Shape <c>[columns]</c>.</param>
    /// <param name="otherVector">Added to row <paramref name="otherRow"/>; may be <paramref name="vector"/>. Shape <c>[columns]</c>.</param>
    /// <param name="otherRow">0-based row; −1 for none.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Values of a row.</param>
    /// <param name="destination">Shape <c>[rows, columns]</c>.</param>
    void AddVector(DeviceBuffer vector, DeviceBuffer otherVector, int otherRow, int rows, int columns, DeviceBuffer destination);

    /// <summary>Puts <c>f(values[i]) · factor[i]</c> in the place of every value; without a factor, <c>f(values[i])</c>.</summary>
    /// <param name="kind">The f.</param>
    /// <param name="factor">Null for none. Shape <c>[count]</c>.</param>
    /// <param name="count">Number of values.</param>
    /// <param name="values">Changed in place. Shape <c>[count]</c>.</param>
    void Activate(DeviceFunction kind, DeviceBuffer? factor, int count, DeviceBuffer values);

    /// <summary>Copies heads to their places, normalized and rotated.</summary>
    /// <param name="heads">Where they are and where they go.</param>
    /// <param name="source">A projection. Shape <c>[tokens, sourceStride]</c>.</param>
    /// <param name="norm">Normalizes each head, without subtracting its mean; null for none.</param>
    /// <param name="rotations">Cosines, then sines, of each token's half of a head; null for none. Shape <c>[tokens, headSize]</c>: row t is for token t.</param>
    /// <param name="destination">Rows of <c>headSize</c> values.</param>
    void PlaceHeads(DeviceHeads heads, DeviceBuffer source, DeviceNorm? norm, DeviceBuffer? rotations, DeviceBuffer destination);

    /// <summary>Scaled dot-product attention with softmax over the positions that a query may see; Vaswani et al., arXiv:1706.03762, equation (1).</summary>
    /// <param name="attention">Sizes.</param>
    /// <param name="queries">Shape <c>[keyValueHeads, tokens, heads / keyValueHeads, headSize]</c>.</param>
    /// <param name="keys">Shape <c>[keyValueHeads, capacity, headSize]</c>.</param>
    /// <param name="values">Shape <c>[keyValueHeads, capacity, headSize]</c>.</param>
    /// <param name="attended">Receives the result. Shape <c>[tokens, heads · headSize]</c>.</param>
    void Attend(DeviceAttention attention, DeviceBuffer queries, DeviceBuffer keys, DeviceBuffer values, DeviceBuffer attended);

    /// <summary>Turns the largest magnitudes of tokens into scales of their codes: the magnitude over <paramref name="qMax"/>, or 1 where that is 0.</summary>
    /// <param name="rule">Which tokens share a scale.</param>
    /// <param name="staticScale">The scale of every token for <see cref="DeviceScaleRule.Static"/>.</param>
    /// <param name="qMax">Largest code magnitude.</param>
    /// <param name="largest">Largest magnitudes of the channels that are rounded; where one is not finite, the token's scale is NaN, and for <see cref="DeviceScaleRule.Tensor"/> every token's. Shape <c>[tokens]</c>.</param>
    /// <param name="counted">Largest magnitudes of the channels that count for a scale; may be <paramref name="largest"/>. Shape <c>[tokens]</c>.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="scales">Receives the scales. Shape <c>[tokens]</c>.</param>
    void FindScales(DeviceScaleRule rule, float staticScale, int qMax, DeviceBuffer largest, DeviceBuffer counted, int tokens, DeviceBuffer scales);

    /// <summary>Puts <c>scale · clamp(round(value / scale), −qMax, qMax)</c>, half to even, in the place of every value whose channel is not listed; bit for bit as the CPU does. NaN stays NaN.</summary>
    /// <param name="rounding">The scale, and what becomes of the listed channels.</param>
    /// <param name="otherRow">0-based row that has the other constants; −1 for none.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="values">Changed in place. Shape <c>[rows, rounding.Channels.Columns]</c>.</param>
    void Round(DeviceRounding rounding, int otherRow, int rows, DeviceBuffer values);

    /// <summary>Finds the largest value and its first index.</summary>
    /// <param name="values">Shape <c>[count]</c>.</param>
    /// <param name="count">Number of values, positive.</param>
    /// <returns>The value (NaN if any value is NaN) and the smallest index that has it (0 for NaN).</returns>
    (float Value, int Index) FindLargest(DeviceBuffer values, int count);

    /// <summary>Finds what a softmax with a temperature needs: the sum of <c>exp((values[i] − largest) / temperature)</c> over all values, and the values that are at least <paramref name="least"/>.</summary>
    /// <remarks>Exponentials are binary32: the sum is within 10⁻⁵ of the exact one, as a share of it. It has the same bits in every run.</remarks>
    /// <param name="values">None is NaN. Shape <c>[count]</c>.</param>
    /// <param name="count">Number of values, positive.</param>
    /// <param name="largest">The largest of them, finite.</param>
    /// <param name="temperature">Positive, normal and finite.</param>
    /// <param name="least">The least value that is listed.</param>
    /// <returns>Null if more than <see cref="DeviceCandidates.Room"/> values would be listed.</returns>
    DeviceCandidates? FindCandidates(DeviceBuffer values, int count, float largest, float temperature, float least);
}
