namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>A regular expression in the syntax of .NET.</summary>
/// <param name="Expression">The expression, to be used without options.</param>
/// <param name="Named">The ranges of characters that it names one by one, as opposed to by category.</param>
internal sealed record OnigurumaTranslation(string Expression, IReadOnlyList<(char First, char Last)> Named);
