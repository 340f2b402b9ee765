namespace OutlierQuant.Checkpoints.Tokenization.Training;

/// <summary>What <see cref="BytePairTrainer"/> learned, to be written as the tokenizer of a checkpoint.</summary>
/// <remarks>Ids: 0 begins a text and 1 ends it; then the bytes, in the order of the characters that stand for them; then the merged pairs, in their order.</remarks>
public sealed class TrainedTokenizer
{
    internal const int FirstByteId = 2;

    private readonly List<string> _pieces = [];
    private readonly List<(string Left, string Right)> _merges = [];

    internal TrainedTokenizer(IEnumerable<(int Left, int Right)> merges)
    {
        for (int value = 0; value < SymbolPairs.FirstMerged; value++)
        {
            _pieces.Add(ByteAlphabet.CharacterOf((byte)value).ToString());
        }

        foreach ((int left, int right) in merges)
        {
            _merges.Add((_pieces[left], _pieces[right]));
            _pieces.Add(_pieces[left] + _pieces[right]);
        }
    }

    /// <summary>Gets the number of token ids.</summary>
    public int VocabularySize => FirstByteId + _pieces.Count;

    /// <summary>Writes <c>tokenizer.json</c> and <c>tokenizer_config.json</c>, as the transformers library reads them.</summary>
    /// <param name="directory">A directory that exists.</param>
    /// <exception cref="IOException">The files cannot be written.</exception>
    public void Write(string directory) => ByteLevelTokenizerFile.Write(
        directory, [.. _pieces[..SymbolPairs.FirstMerged].Order(StringComparer.Ordinal), .. _pieces[SymbolPairs.FirstMerged..]], _merges);
}
