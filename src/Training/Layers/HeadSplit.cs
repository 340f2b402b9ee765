using OutlierQuant.Training.Numerics;
using OutlierQuant.Training.Parameters;
using static OutlierQuant.Training.Layers.Workspace;

namespace OutlierQuant.Training.Layers;

/// <summary>Brings projected rows into heads: each head in one piece, normalized if the variant does so, and rotated; constants in front.</summary>
/// <param name="parameters">Gains and constants.</param>
/// <param name="shape">Sizes.</param>
/// <param name="context">Threads, memory.</param>
internal sealed class HeadSplit(BlockParameters parameters, ModelShape shape, LayerContext context)
{
    private readonly RotaryPositions? _rotary = shape.Family == ModelFamily.Llama ? new(shape.HeadSize, shape.Context) : null;

    private int HeadSize => shape.HeadSize;

    private int Entries => shape.ConstantKeys + shape.RowsPerWindow;

    /// <summary>Fills heads from projected rows.</summary>
    /// <param name="projected">Queries, keys and values of each row. Shape [rows, stride].</param>
    /// <param name="stride">Features of a projected row.</param>
    /// <param name="windows">Number of windows.</param>
    /// <param name="heads">Receives the heads.</param>
    public void Forward(ReadOnlyMemory<float> projected, int stride, int windows, HeadBuffers heads)
    {
        context.ForRows(windows * shape.RowsPerWindow, (first, count) =>
        {
            for (int row = first; row < first + count; row++)
            {
                ReadOnlySpan<float> source = projected.Span.Slice(row * stride, stride);
                for (int head = 0; head < shape.HeadCount; head++)
                {
                    Span<float> query = QueryOf(heads.Queries, row, head);
                    source.Slice(head * HeadSize, HeadSize).CopyTo(query);
                    NormAndRotate(query, parameters.QueryGain, row);
                }

                for (int head = 0; head < shape.KeyValueHeadCount; head++)
                {
                    Span<float> key = EntryOf(heads.Keys, row, head);
                    source.Slice(shape.QuerySize + (head * HeadSize), HeadSize).CopyTo(key);
                    NormAndRotate(key, parameters.KeyGain, row);
                    source.Slice(shape.QuerySize + shape.KeyValueSize + (head * HeadSize), HeadSize).CopyTo(EntryOf(heads.Values, row, head));
                }
            }
        });
        if (parameters is { ConstantKey: Parameter key, ConstantValue: Parameter value })
        {
            FillConstants(key, heads.Keys, windows);
            FillConstants(value, heads.Values, windows);
        }
    }

    /// <summary>Computes the derivatives by projected rows, gains and constants.</summary>
    /// <param name="projected">What <see cref="Forward"/> read; needed for norms of heads only. Shape [rows, stride].</param>
    /// <param name="derivatives">The derivatives by heads; they are used up.</param>
    /// <param name="stride">Features of a projected row.</param>
    /// <param name="windows">Number of windows.</param>
    /// <param name="byProjected">Receives the derivative by queries, keys and values of each row. Shape [rows, stride].</param>
    public void Backward(ReadOnlyMemory<float> projected, HeadBuffers derivatives, int stride, int windows, Memory<float> byProjected)
    {
        int rows = windows * shape.RowsPerWindow, parts = ColumnSums.Parts(rows);
        Memory<float> gains = context.Workspace.Take(Use.Parts, 2 * parts * HeadSize);
        context.Compute.Team.Run(parts, 1, (first, count) =>
        {
            for (int part = first; part < first + count; part++)
            {
                Span<float> queryGain = gains.Span.Slice(part * HeadSize, HeadSize), keyGain = gains.Span.Slice((parts + part) * HeadSize, HeadSize);
                queryGain.Clear();
                keyGain.Clear();
                for (int row = part * ColumnSums.RowsPerPart; row < Math.Min((part + 1) * ColumnSums.RowsPerPart, rows); row++)
                {
                    BackwardRow(row, projected.Span, derivatives, stride, byProjected.Span.Slice(row * stride, stride), queryGain, keyGain);
                }
            }
        });
        if (parameters is { QueryGain: Parameter query, KeyGain: Parameter keys })
        {
            ColumnSums.AddParts(gains.Span, parts, query.Gradient.Span);
            ColumnSums.AddParts(gains.Span[(parts * HeadSize)..], parts, keys.Gradient.Span);
        }

        if (parameters is { ConstantKey: Parameter key, ConstantValue: Parameter value })
        {
            SumConstants(derivatives.Keys, windows, key);
            SumConstants(derivatives.Values, windows, value);
        }
    }

    private void BackwardRow(int row, ReadOnlySpan<float> projected, HeadBuffers derivatives, int stride, Span<float> target, Span<float> queryGain, Span<float> keyGain)
    {
        // Without norms of heads nobody keeps projected rows.
        ReadOnlySpan<float> source = projected.IsEmpty ? [] : projected.Slice(row * stride, stride);
        for (int head = 0; head < shape.HeadCount; head++)
        {
            Return(QueryOf(derivatives.Queries, row, head), source, head * HeadSize, parameters.QueryGain, row, target, queryGain);
        }

        for (int head = 0; head < shape.KeyValueHeadCount; head++)
        {
            Return(EntryOf(derivatives.Keys, row, head), source, shape.QuerySize + (head * HeadSize), parameters.KeyGain, row, target, keyGain);
            EntryOf(derivatives.Values, row, head).CopyTo(target[(shape.QuerySize + shape.KeyValueSize + (head * HeadSize))..]);
        }
    }

    private void Return(Span<float> derivative, ReadOnlySpan<float> source, int offset, Parameter? gain, int row, Span<float> target, Span<float> gainSums)
    {
        _rotary?.Rotate(derivative, PositionOf(row), back: true);
        if (gain is not null)
        {
            HeadNorm.Differentiate(gain, source.Slice(offset, HeadSize), derivative, gainSums);
        }

        derivative.CopyTo(target[offset..]);
    }

    private void NormAndRotate(Span<float> head, Parameter? gain, int row)
    {
        if (gain is not null)
        {
            HeadNorm.Apply(gain, head);
        }

        _rotary?.Rotate(head, PositionOf(row), back: false);
    }

    /// <summary>The position of a row in its window; a token in front of the window is where position 0 is, so that it is not rotated.</summary>
    private int PositionOf(int row) => Math.Max(0, (row % shape.RowsPerWindow) - shape.SinkRows);

    private Span<float> QueryOf(Memory<float> queries, int row, int head)
    {
        int window = row / shape.RowsPerWindow, inWindow = row % shape.RowsPerWindow;
        int index = (((((window * shape.KeyValueHeadCount) + (head / shape.Group)) * shape.RowsPerWindow) + inWindow) * shape.Group) + (head % shape.Group);
        return queries.Span.Slice(index * HeadSize, HeadSize);
    }

    private Span<float> EntryOf(Memory<float> entries, int row, int head)
    {
        int window = row / shape.RowsPerWindow, inWindow = row % shape.RowsPerWindow;
        int index = (((window * shape.KeyValueHeadCount) + head) * Entries) + shape.ConstantKeys + inWindow;
        return entries.Span.Slice(index * HeadSize, HeadSize);
    }

    private void FillConstants(Parameter constant, Memory<float> entries, int windows)
    {
        for (int item = 0; item < windows * shape.KeyValueHeadCount; item++)
        {
            constant.Values.Span.Slice(item % shape.KeyValueHeadCount * HeadSize, HeadSize).CopyTo(entries.Span[(item * Entries * HeadSize)..]);
        }
    }

    private void SumConstants(Memory<float> entries, int windows, Parameter constant)
    {
        Span<float> gradient = constant.Gradient.Span;
        gradient.Clear();
        for (int item = 0; item < windows * shape.KeyValueHeadCount; item++)
        {
            for (int i = 0; i < HeadSize; i++)
            {
                gradient[(item % shape.KeyValueHeadCount * HeadSize) + i] += entries.Span[(item * Entries * HeadSize) + i];
            }
        }
    }
}
