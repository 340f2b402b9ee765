namespace OutlierQuant.Training.Layers;

/// <summary>How the queries of one window and key and value head are cut into blocks, and where the probabilities of each block lie.</summary>
/// <remarks>A row is a query of one head of the group: row <c>query · group + head</c>. A block has probabilities for the entries that its last query sees,
/// so that of the square of a window little more than the half below the diagonal is computed and held.</remarks>
internal sealed class AttentionBlocks
{
    private const int RowsPerBlock = 128;

    private readonly List<Block> _blocks = [];

    /// <summary>Cuts the queries of a window.</summary>
    public AttentionBlocks(ModelShape shape)
    {
        int queries = Math.Max(1, RowsPerBlock / shape.Group), offset = 0;
        for (int first = 0; first < shape.RowsPerWindow; first += queries)
        {
            int count = Math.Min(queries, shape.RowsPerWindow - first);
            Block block = new(first, count, count * shape.Group, shape.ConstantKeys + first + count, offset);
            _blocks.Add(block);
            offset = checked(offset + (block.Rows * block.Entries));
        }

        Probabilities = offset;
    }

    /// <summary>Gets the blocks in order.</summary>
    public IReadOnlyList<Block> All => _blocks;

    /// <summary>Gets the number of probabilities of a window and key and value head.</summary>
    public int Probabilities { get; }

    /// <summary>Some consecutive queries.</summary>
    /// <param name="FirstQuery">The first query, as a row of the window.</param>
    /// <param name="Queries">Number of queries.</param>
    /// <param name="Rows">Number of rows: queries × heads of the group.</param>
    /// <param name="Entries">Number of entries that the last query sees.</param>
    /// <param name="Offset">Where the probabilities begin. Shape [rows, entries].</param>
    internal readonly record struct Block(int FirstQuery, int Queries, int Rows, int Entries, int Offset);
}
