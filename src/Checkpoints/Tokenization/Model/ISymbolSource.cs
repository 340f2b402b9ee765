namespace OutlierQuant.Checkpoints.Tokenization.Model;

/// <summary>Turns a word into the symbols that merging starts from.</summary>
internal interface ISymbolSource
{
    /// <summary>The word as the vocabulary would write it as one piece.</summary>
    string PieceOf(ReadOnlySpan<char> word);

    /// <summary>Appends the ids of the word's smallest symbols.</summary>
    /// <exception cref="CheckpointFormatException">The vocabulary cannot write a part of the word.</exception>
    void AppendSymbols(ReadOnlySpan<char> word, List<int> symbols);
}
