using System.Buffers;
using System.Numerics.Tensors;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Models.Numerics;

namespace OutlierQuant.Models.Blocks;

/// <summary>Attention of some consecutive queries of all heads that share one key and value head.</summary>
/// <remarks>
/// <para>Keys are taken a block at a time. A row keeps its largest score m so far, the sum l of its exponentials and the weighted values o; a block
/// with a larger score m′ multiplies l and o by e^(m − m′) before its own are added (online softmax: Milakov and Gimelshein, arXiv:1805.02867, algorithm 3;
/// Dao et al., arXiv:2205.14135, algorithm 1). Both products of a block are done by the float matmul kernel.</para>
/// <para>A row is a query of one head: row r is query r / group, head r % group of the group.</para>
/// </remarks>
/// <param name="shape">Sizes.</param>
/// <param name="call">Tokens, keys and values.</param>
/// <param name="head">The key and value head.</param>
/// <param name="firstQuery">The first query, as an index into the call's tokens.</param>
/// <param name="queryCount">Number of queries.</param>
internal readonly struct AttentionTile(AttentionShape shape, BlockCall call, int head, int firstQuery, int queryCount)
{
    private const int KeysPerBlock = 256;

    private readonly int _rows = queryCount * shape.Group;
    private readonly int _firstRow = call.FirstRow + firstQuery;

    /// <summary>Computes the tile.</summary>
    /// <param name="queries">All queries. Shape [keyValueHeads, tokens, group, headSize].</param>
    /// <param name="attended">Receives the tile's part of the result. Shape [tokens, heads · headSize].</param>
    public void Attend(ReadOnlySpan<float> queries, Span<float> attended)
    {
        int headSize = shape.HeadSize;
        float[] rented = ArrayPool<float>.Shared.Rent(_rows * (KeysPerBlock + (2 * headSize) + 2));
        Span<float> scores = rented.AsSpan(0, _rows * KeysPerBlock);
        Span<float> products = rented.AsSpan(scores.Length, _rows * headSize);
        Span<float> weighted = rented.AsSpan(scores.Length + products.Length, _rows * headSize);
        Span<float> largest = rented.AsSpan(scores.Length + (2 * products.Length), _rows);
        Span<float> totals = rented.AsSpan(scores.Length + (2 * products.Length) + _rows, _rows);
        weighted.Clear();
        largest.Fill(float.NegativeInfinity);
        totals.Clear();

        IFloatMatmulKernel kernel = call.Context.Suite.FloatMatmul;
        ReadOnlySpan<float> tile = queries.Slice(((head * call.Tokens) + firstQuery) * shape.Group * headSize, _rows * headSize);
        int end = _firstRow + queryCount;
        for (int firstKey = shape.FirstKey(_firstRow); firstKey < end; firstKey += KeysPerBlock)
        {
            int keys = Math.Min(KeysPerBlock, end - firstKey);
            Span<float> block = scores[..(_rows * keys)];
            ReadOnlySpan<float> values = call.Cache.Values(head, firstKey, keys);
            kernel.Multiply(tile, _rows, FloatWeights.OfFloats(call.Cache.Keys(head, firstKey, keys), keys, headSize), 0, keys, block);

            // A sum that overflows takes the long way too, which is as right.
            bool allVisible = Exponentiate(block, firstKey, keys, largest, totals, weighted);
            if (allVisible || float.IsFinite(TensorPrimitives.Sum(values)))
            {
                kernel.Multiply(block, _rows, FloatWeights.OfFloats(values, headSize, keys, isTransposed: true), 0, headSize, products);
                TensorPrimitives.Add(weighted, products, weighted);
            }
            else
            {
                AddVisible(block, firstKey, keys, values, weighted);
            }
        }

        for (int row = 0; row < _rows; row++)
        {
            int start = ((firstQuery + (row / shape.Group)) * shape.QuerySize) + (((head * shape.Group) + (row % shape.Group)) * headSize);
            TensorPrimitives.Divide(weighted.Slice(row * headSize, headSize), totals[row], attended.Slice(start, headSize));
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>Turns the scores of a block into exponentials, 0 where a row may not look, and prepares totals and weighted values for them.</summary>
    /// <returns>Whether every row may look at every key.</returns>
    private bool Exponentiate(Span<float> block, int firstKey, int keys, Span<float> largest, Span<float> totals, Span<float> weighted)
    {
        float scale = 1 / MathF.Sqrt(shape.HeadSize);
        bool allVisible = true;
        for (int row = 0; row < _rows; row++)
        {
            Span<float> scores = block.Slice(row * keys, keys);
            (int first, int count) = Visible(row, firstKey, keys);
            if (count < keys)
            {
                allVisible = false;
                scores[..first].Clear();
                scores[(first + count)..].Clear();
            }

            if (count == 0)
            {
                continue;
            }

            scores = scores.Slice(first, count);
            float larger = MathF.Max(largest[row], Softmax.Largest(scores));
            if (larger != largest[row] && totals[row] != 0)
            {
                float shrink = MathF.Exp(scale * (largest[row] - larger));
                totals[row] *= shrink;
                Span<float> earlier = weighted.Slice(row * shape.HeadSize, shape.HeadSize);
                TensorPrimitives.Multiply(earlier, shrink, earlier);
            }

            largest[row] = larger;
            totals[row] += (float)Softmax.Exponentiate(scores, larger, scale);
        }

        return allVisible;
    }

    /// <summary>Adds the weighted values of visible keys only: 0 · NaN would bring what is later in the sequence into what is earlier.</summary>
    private void AddVisible(ReadOnlySpan<float> block, int firstKey, int keys, ReadOnlySpan<float> values, Span<float> weighted)
    {
        int headSize = shape.HeadSize;
        for (int row = 0; row < _rows; row++)
        {
            (int first, int count) = Visible(row, firstKey, keys);
            Span<float> sum = weighted.Slice(row * headSize, headSize);
            for (int key = first; key < first + count; key++)
            {
                TensorPrimitives.MultiplyAdd(values.Slice(key * headSize, headSize), block[(row * keys) + key], sum, sum);
            }
        }
    }

    /// <summary>The keys of a block that a row may look at.</summary>
    private (int First, int Count) Visible(int row, int firstKey, int keys)
    {
        int own = _firstRow + (row / shape.Group);
        int first = Math.Clamp(shape.FirstKey(own) - firstKey, 0, keys);
        return (first, Math.Max(0, Math.Min(keys, own + 1 - firstKey) - first));
    }
}
