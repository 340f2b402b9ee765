namespace OutlierQuant.Checkpoints.Tokenization.Model;

/// <summary>The pieces of a tokenizer and their ids.</summary>
/// <remarks>Added tokens have an id and a piece, but merging cannot reach them: they are not looked up by their text here.</remarks>
internal sealed class Vocabulary
{
    /// <summary>One more than the highest id that is read. Twelve times the largest vocabulary in use, and a bound on what a
    /// file can make us allocate.</summary>
    public const int IdLimit = 1 << 22;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<string?> _pieces = [];

    /// <summary>Gets one more than the highest id: the rows that an embedding table needs.</summary>
    public int Size => _pieces.Count;

    /// <summary>Gets the pieces of the model with their ids.</summary>
    public IReadOnlyDictionary<string, int> ModelPieces => _ids;

    /// <summary>Adds a piece of the model, whose text and id are both new.</summary>
    public void Add(string piece, int id)
    {
        SetPiece(id, piece);
        _ids.Add(piece, id);
    }

    /// <summary>Gives an id to the text of an added token.</summary>
    public void SetPiece(int id, string piece)
    {
        while (_pieces.Count <= id)
        {
            _pieces.Add(null);
        }

        _pieces[id] = piece;
    }

    /// <summary>Finds the id of a piece of the model.</summary>
    public bool TryGetId(string piece, out int id) => _ids.TryGetValue(piece, out id);

    /// <summary>The piece of an id, or null where the file gives that id to none.</summary>
    public string? Find(int id) => (uint)id < (uint)_pieces.Count ? _pieces[id] : null;

    /// <summary>The piece of an id.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No piece has that id.</exception>
    public string Piece(int id) =>
        Find(id) ?? throw new ArgumentOutOfRangeException(nameof(id), id, $"No token has id {id}; the ids of this tokenizer end at {Size - 1}.");
}
