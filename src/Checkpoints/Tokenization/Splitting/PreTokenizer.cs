namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>The steps that cut normalized text into words.</summary>
/// <param name="Splitters">The steps in order.</param>
/// <param name="IsByteLevel">Whether the words are then written in the <see cref="ByteAlphabet"/>.</param>
internal sealed record PreTokenizer(IReadOnlyList<ISplitter> Splitters, bool IsByteLevel);
