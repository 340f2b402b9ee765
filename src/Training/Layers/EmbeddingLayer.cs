using System.Numerics.Tensors;
using OutlierQuant.Training.Data;
using OutlierQuant.Training.Parameters;

namespace OutlierQuant.Training.Layers;

/// <summary>The first values of the stream: the sink token, if there is one, then the row of each token, and for learned positions that of each position.</summary>
/// <param name="parameters">The tables.</param>
/// <param name="shape">Sizes.</param>
/// <param name="context">Threads.</param>
internal sealed class EmbeddingLayer(ModelParameters parameters, ModelShape shape, LayerContext context)
{
    /// <summary>Fills the stream. Shape [rows, hiddenSize].</summary>
    public void Forward(Batch batch, Memory<float> stream) => context.ForRows(batch.Windows * shape.RowsPerWindow, (first, count) =>
    {
        for (int row = first; row < first + count; row++)
        {
            Span<float> target = RowOf(stream.Span, row);
            int token = TokenAt(row, batch, out int position);
            if (position < 0)
            {
                parameters.SinkToken!.Values.Span.CopyTo(target);
                continue;
            }

            RowOf(parameters.Embedding.Values.Span, token).CopyTo(target);
            if (parameters.Positions is Parameter positions)
            {
                TensorPrimitives.Add(target, RowOf(positions.Values.Span, position), target);
            }
        }
    });

    /// <summary>Adds the derivatives by the tables, row after row, to the token table's gradient, and puts them into the others'.</summary>
    /// <param name="batch">The tokens.</param>
    /// <param name="derivative">The derivative by the stream. Shape [rows, hiddenSize].</param>
    public void Backward(Batch batch, ReadOnlySpan<float> derivative)
    {
        parameters.Positions?.Gradient.Span.Clear();
        parameters.SinkToken?.Gradient.Span.Clear();
        for (int row = 0; row < batch.Windows * shape.RowsPerWindow; row++)
        {
            ReadOnlySpan<float> source = derivative.Slice(row * shape.HiddenSize, shape.HiddenSize);
            int token = TokenAt(row, batch, out int position);
            if (position < 0)
            {
                Add(source, parameters.SinkToken!, 0);
                continue;
            }

            Add(source, parameters.Embedding, token);
            if (parameters.Positions is Parameter positions)
            {
                Add(source, positions, position);
            }
        }
    }

    /// <summary>The token of a row and its position in the window: −1 for the sink token.</summary>
    private int TokenAt(int row, Batch batch, out int position)
    {
        position = (row % shape.RowsPerWindow) - shape.SinkRows;
        return position < 0 ? -1 : batch.Tokens[(row / shape.RowsPerWindow * shape.Context) + position];
    }

    private void Add(ReadOnlySpan<float> source, Parameter table, int row)
    {
        Span<float> target = RowOf(table.Gradient.Span, row);
        TensorPrimitives.Add(target, source, target);
    }

    private Span<float> RowOf(Span<float> rows, int row) => rows.Slice(row * shape.HiddenSize, shape.HiddenSize);
}
