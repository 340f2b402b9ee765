namespace OutlierQuant.RandomCheckpoint;

/// <summary>The sizes of a Llama-shaped model with an output head of its own.</summary>
/// <param name="Name">What <c>--shape</c> calls it.</param>
/// <param name="HiddenSize">Width of the residual stream.</param>
/// <param name="IntermediateSize">Inner width of the MLP.</param>
/// <param name="Blocks">Number of decoder blocks.</param>
/// <param name="Heads">Number of query heads.</param>
/// <param name="KeyValueHeads">Number of key and value heads.</param>
/// <param name="Vocabulary">Number of tokens.</param>
/// <param name="MaxPositions">Longest sequence.</param>
internal sealed record ModelShape(
    string Name, int HiddenSize, int IntermediateSize, int Blocks, int Heads, int KeyValueHeads, int Vocabulary, int MaxPositions)
{
    /// <summary>Gets the shapes that can be asked for: two common ones of a billion parameters, and one small enough to try things out.</summary>
    public static IReadOnlyList<ModelShape> All { get; } =
    [
        new("llama-1b", 2048, 5632, 22, 32, 4, 32000, 2048),
        new("llama-1b-wide", 2048, 8192, 16, 32, 8, 32000, 8192),
        new("llama-tiny", 64, 176, 2, 4, 2, 512, 256),
    ];

    /// <summary>Gets the width of a head.</summary>
    public int HeadSize => HiddenSize / Heads;
}
