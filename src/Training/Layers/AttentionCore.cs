using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Models.Numerics;
using OutlierQuant.Training.Numerics;

namespace OutlierQuant.Training.Layers;

/// <summary>Scaled dot-product attention of heads, and its derivatives. Holds the probabilities of every head and window.</summary>
/// <remarks>
/// With probabilities P of a head, <c>O = P V</c>; backwards <c>dV = Pᵀ dO</c>, <c>dP = dO Vᵀ</c>, <c>dS = P ⊙ (dP − rowsum(dO ⊙ O)) / √headSize</c>, <c>dQ = dS K</c>,
/// <c>dK = dSᵀ Q</c>; Dao et al., arXiv:2205.14135, appendix B.2. The threads share out windows and key and value heads.
/// </remarks>
/// <param name="shape">Sizes.</param>
/// <param name="blocks">How queries are cut into blocks.</param>
/// <param name="windows">The most windows.</param>
/// <param name="context">Kernels, threads.</param>
internal sealed class AttentionCore(ModelShape shape, AttentionBlocks blocks, int windows, LayerContext context)
{
    private readonly float[] _probabilities = new float[checked(windows * shape.KeyValueHeadCount * blocks.Probabilities)];
    private readonly float _scale = 1 / MathF.Sqrt(shape.HeadSize);

    /// <summary>Gets the number of probabilities that are held.</summary>
    public long KeptFloats => _probabilities.Length;

    private IFloatMatmulKernel Kernel => context.Compute.Suite.FloatMatmul;

    private int HeadSize => shape.HeadSize;

    private int Entries => shape.ConstantKeys + shape.RowsPerWindow;

    /// <summary>Computes what every head attends to.</summary>
    /// <param name="heads">Queries, keys and values.</param>
    /// <param name="count">Number of windows.</param>
    /// <param name="attended">Receives the result. Shape [rows, heads · headSize].</param>
    public void Forward(HeadBuffers heads, int count, Memory<float> attended) => ForItems(count, item =>
    {
        float[] rented = ArrayPool<float>.Shared.Rent(blocks.All[0].Rows * HeadSize);
        ReadOnlySpan<float> keys = EntriesOf(heads.Keys, item), values = EntriesOf(heads.Values, item);
        foreach (AttentionBlocks.Block block in blocks.All)
        {
            Span<float> probabilities = ProbabilitiesOf(item, block), products = rented.AsSpan(0, block.Rows * HeadSize);
            Kernel.Multiply(QueriesOf(heads.Queries, item, block), block.Rows, Factor(keys, block.Entries, HeadSize, false), 0, block.Entries, probabilities);
            Normalize(block, probabilities);
            Kernel.Multiply(probabilities, block.Rows, Factor(values, HeadSize, block.Entries, true), 0, HeadSize, products);
            for (int row = 0; row < block.Rows; row++)
            {
                products.Slice(row * HeadSize, HeadSize).CopyTo(AttendedOf(attended, item, block, row));
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    });

    /// <summary>Computes the derivatives by queries, keys and values.</summary>
    /// <param name="heads">What <see cref="Forward"/> read.</param>
    /// <param name="attended">What it gave. Shape [rows, heads · headSize].</param>
    /// <param name="byAttended">The derivative by that. Shape [rows, heads · headSize].</param>
    /// <param name="count">Number of windows.</param>
    /// <param name="derivatives">Receives the derivatives.</param>
    public void Backward(HeadBuffers heads, ReadOnlyMemory<float> attended, ReadOnlyMemory<float> byAttended, int count, HeadBuffers derivatives) => ForItems(count, item =>
    {
        int rows = blocks.All[0].Rows;
        float[] rented = ArrayPool<float>.Shared.Rent((rows * ((2 * HeadSize) + Entries)) + (3 * Entries * HeadSize));
        Span<float> memory = rented, byKeys = memory[..(Entries * HeadSize)], byValues = memory.Slice(Entries * HeadSize, Entries * HeadSize);
        byKeys.Clear();
        byValues.Clear();
        foreach (AttentionBlocks.Block block in blocks.All)
        {
            BackwardBlock(heads, attended, byAttended, item, block, derivatives.Queries, byKeys, byValues, memory[(2 * Entries * HeadSize)..]);
        }

        Transposition.Copy(byKeys, HeadSize, Entries, EntriesOf(derivatives.Keys, item));
        Transposition.Copy(byValues, HeadSize, Entries, EntriesOf(derivatives.Values, item));
        ArrayPool<float>.Shared.Return(rented);
    });

    /// <summary>Reads what each query of a head gives an entry. A query that is before the entry gives it nothing and is left out.</summary>
    /// <param name="window">0-based window.</param>
    /// <param name="head">Query head.</param>
    /// <param name="entry">Entry.</param>
    /// <param name="endQuery">The first query that is not asked, as a row of the window.</param>
    public IEnumerable<float> ProbabilitiesOf(int window, int head, int entry, int endQuery)
    {
        int item = (window * shape.KeyValueHeadCount) + (head / shape.Group);
        foreach (AttentionBlocks.Block block in blocks.All)
        {
            for (int query = Math.Max(block.FirstQuery, entry - shape.ConstantKeys); query < Math.Min(block.FirstQuery + block.Queries, endQuery); query++)
            {
                int row = ((query - block.FirstQuery) * shape.Group) + (head % shape.Group);
                yield return ProbabilitiesOf(item, block)[(row * block.Entries) + entry];
            }
        }
    }

    private void BackwardBlock(
        HeadBuffers heads, ReadOnlyMemory<float> attended, ReadOnlyMemory<float> byAttended, int item, AttentionBlocks.Block block,
        Memory<float> byQueries, Span<float> byKeys, Span<float> byValues, Span<float> memory)
    {
        Span<float> given = Cut(ref memory, block.Rows * HeadSize), transposed = Cut(ref memory, block.Rows * HeadSize);
        Span<float> byScores = Cut(ref memory, block.Rows * block.Entries), product = Cut(ref memory, block.Entries * HeadSize);
        ReadOnlySpan<float> keys = EntriesOf(heads.Keys, item), values = EntriesOf(heads.Values, item), queries = QueriesOf(heads.Queries, item, block);
        Span<float> probabilities = ProbabilitiesOf(item, block);
        for (int row = 0; row < block.Rows; row++)
        {
            AttendedOf(byAttended, item, block, row).CopyTo(given[(row * HeadSize)..]);
        }

        Kernel.Multiply(given, block.Rows, Factor(values, block.Entries, HeadSize, false), 0, block.Entries, byScores);
        Transposition.Copy(given, block.Rows, HeadSize, transposed);
        Kernel.Multiply(transposed, HeadSize, Factor(probabilities, block.Entries, block.Rows, true), 0, block.Entries, product);
        AddColumns(product, block.Entries, byValues);

        for (int row = 0; row < block.Rows; row++)
        {
            float mean = FixedOrder.Dot(given.Slice(row * HeadSize, HeadSize), AttendedOf(attended, item, block, row));
            int start = row * block.Entries;
            DifferentiateSoftmax(probabilities.Slice(start, block.Entries), mean, byScores.Slice(start, block.Entries));
        }

        Kernel.Multiply(byScores, block.Rows, Factor(keys, HeadSize, block.Entries, true), 0, HeadSize, QueriesOf(byQueries, item, block));
        Transposition.Copy(queries, block.Rows, HeadSize, transposed);
        Kernel.Multiply(transposed, HeadSize, Factor(byScores, block.Entries, block.Rows, true), 0, block.Entries, product);
        AddColumns(product, block.Entries, byKeys);
    }

    /// <summary>Turns scores into probabilities, 0 where a query may not look.</summary>
    private void Normalize(AttentionBlocks.Block block, Span<float> scores)
    {
        for (int row = 0; row < block.Rows; row++)
        {
            int visible = shape.ConstantKeys + block.FirstQuery + (row / shape.Group) + 1;
            Span<float> all = scores.Slice(row * block.Entries, block.Entries), seen = all[..visible];
            all[visible..].Clear();
            double total = Softmax.Exponentiate(seen, Softmax.Largest(seen), _scale);
            TensorPrimitives.Multiply(seen, (float)(1 / total), seen);
        }
    }

    /// <summary>Puts <c>p · (d − mean) · scale</c> in the place of d.</summary>
    private void DifferentiateSoftmax(ReadOnlySpan<float> probabilities, float mean, Span<float> d)
    {
        int i = 0;
        for (; i + Lanes.Count <= d.Length; i += Lanes.Count)
        {
            (Lanes.Load(probabilities, i) * (Lanes.Load(d, i) - Vector256.Create(mean)) * _scale).CopyTo(d[i..]);
        }

        for (; i < d.Length; i++)
        {
            d[i] = probabilities[i] * (d[i] - mean) * _scale;
        }
    }

    /// <summary>Adds [headSize, entries] to the first columns of [headSize, all entries].</summary>
    private void AddColumns(ReadOnlySpan<float> product, int entries, Span<float> sums)
    {
        for (int i = 0; i < HeadSize; i++)
        {
            Span<float> sum = sums.Slice(i * Entries, entries);
            TensorPrimitives.Add(sum, product.Slice(i * entries, entries), sum);
        }
    }

    private void ForItems(int count, Action<int> body) => context.Compute.Team.Run(count * shape.KeyValueHeadCount, 1, (first, taken) =>
    {
        for (int item = first; item < first + taken; item++)
        {
            body(item);
        }
    }, Kernel.NeedsOwnThreads(FloatType.F32, blocks.All[0].Rows));

    private Span<float> ProbabilitiesOf(int item, AttentionBlocks.Block block) =>
        _probabilities.AsSpan((item * blocks.Probabilities) + block.Offset, block.Rows * block.Entries);

    private Span<float> EntriesOf(Memory<float> entries, int item) => entries.Span.Slice(item * Entries * HeadSize, Entries * HeadSize);

    private Span<float> QueriesOf(Memory<float> queries, int item, AttentionBlocks.Block block) =>
        queries.Span.Slice(((item * shape.RowsPerWindow) + block.FirstQuery) * shape.Group * HeadSize, block.Rows * HeadSize);

    private Span<float> AttendedOf(Memory<float> attended, int item, AttentionBlocks.Block block, int row) => attended.Span.Slice(AttendedAt(item, block, row), HeadSize);

    private ReadOnlySpan<float> AttendedOf(ReadOnlyMemory<float> attended, int item, AttentionBlocks.Block block, int row) =>
        attended.Span.Slice(AttendedAt(item, block, row), HeadSize);

    private int AttendedAt(int item, AttentionBlocks.Block block, int row)
    {
        int streamRow = (item / shape.KeyValueHeadCount * shape.RowsPerWindow) + block.FirstQuery + (row / shape.Group);
        int head = (item % shape.KeyValueHeadCount * shape.Group) + (row % shape.Group);
        return (streamRow * shape.QuerySize) + (head * HeadSize);
    }

    private static FloatWeights Factor(ReadOnlySpan<float> values, int rows, int columns, bool isTransposed) =>
        FloatWeights.OfFloats(values[..(rows * columns)], rows, columns, isTransposed);

    private static Span<float> Cut(ref Span<float> memory, int length)
    {
        Span<float> part = memory[..length];
        memory = memory[length..];
        return part;
    }
}
