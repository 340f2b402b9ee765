namespace OutlierQuant.Training.Data;

/// <summary>Windows of tokens, and what is to be predicted at each.</summary>
/// <param name="Windows">Number of windows.</param>
/// <param name="Tokens">Token ids. Shape [windows, context].</param>
/// <param name="Targets">The token that comes after each, or <see cref="None"/> where nothing is to be predicted. Shape [windows, context].</param>
internal sealed record Batch(int Windows, int[] Tokens, int[] Targets)
{
    /// <summary>Stands where nothing is to be predicted.</summary>
    public const int None = -1;
}
