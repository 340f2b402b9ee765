namespace OutlierQuant.Cli.Commands;

/// <summary>The most windows to use, or all of them.</summary>
/// <param name="Count">The bound, or null for all.</param>
internal readonly record struct WindowLimit(int? Count);
