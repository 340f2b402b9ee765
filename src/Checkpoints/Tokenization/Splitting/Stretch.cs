namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>A part of a text that a pattern matches, or that lies between two matches.</summary>
/// <param name="Start">First character.</param>
/// <param name="End">One past the last character; equal to <paramref name="Start"/> for an empty match.</param>
/// <param name="IsMatch">Whether the pattern matches it.</param>
internal readonly record struct Stretch(int Start, int End, bool IsMatch);
