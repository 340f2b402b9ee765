using System.Numerics.Tensors;
using OutlierQuant.Models.Linears;
using Tensor = OutlierQuant.Checkpoints.Tensor;

namespace OutlierQuant.Models.Blocks;

/// <summary>The first values of the residual stream: a row of the token table, and for learned positions a row of the position table.</summary>
/// <param name="tokens">Token table in mapped memory. Shape [vocabulary, hiddenSize].</param>
/// <param name="positions">Position table in mapped memory, or null. Shape [maxPositions, hiddenSize].</param>
/// <param name="change">What is read instead, or null.</param>
internal sealed class Embedding(Tensor tokens, Tensor? positions, EmbeddingChange? change = null)
{
    private const int TokensPerRange = 4;

    private readonly int _hiddenSize = (int)tokens.Shape[1];

    /// <summary>Gets the token table. Shape [vocabulary, hiddenSize].</summary>
    public FloatMatrix Tokens { get; } = new(tokens);

    /// <summary>Gets the position table, or null. Shape [maxPositions, hiddenSize].</summary>
    public FloatMatrix? Positions { get; } = positions is null ? null : new(positions);

    /// <summary>Gets whether positions are rows of a table, so that none can exceed it.</summary>
    public bool HasPositionTable => positions is not null;

    /// <summary>Gives the same tables, read in another way.</summary>
    /// <exception cref="ArgumentException">The change is of positions, which are no rows of a table here.</exception>
    public Embedding With(EmbeddingChange other) => other.PositionRow is null || HasPositionTable
        ? new(tokens, positions, other)
        : throw new ArgumentException("Positions are rotations of queries and keys here, not rows of a table; there is no row to change.");

    /// <summary>Reads the rows of a chunk. Shape [tokens, hiddenSize].</summary>
    public void Read(SequenceChunk chunk, Memory<float> hidden, ComputeContext context)
    {
        using PartClock clock = context.Measure(ForwardPart.Embedding);
        context.Team.Run(chunk.TokenIds.Length, TokensPerRange, (first, count) =>
        {
            float[] position = new float[positions is null ? 0 : _hiddenSize];
            for (int i = first; i < first + count; i++)
            {
                Span<float> row = hidden.Span.Slice(i * _hiddenSize, _hiddenSize);
                if (change?.WithoutTokens == true)
                {
                    row.Clear();
                }
                else
                {
                    tokens.ReadAsFloat((long)chunk.TokenIds.Span[i] * _hiddenSize, row);
                }

                if (positions is not null && PositionRow(chunk.FirstPosition + i) is int positionRow)
                {
                    positions.ReadAsFloat((long)positionRow * _hiddenSize, position);
                    TensorPrimitives.Add(row, position, row);
                }
            }
        });
    }

    private int? PositionRow(int position) => change?.PositionRow is { } rowOf ? rowOf(position) : position;
}
