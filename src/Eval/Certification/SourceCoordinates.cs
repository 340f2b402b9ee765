namespace OutlierQuant.Eval.Certification;

/// <summary>The coordinates that one source of windows gives by itself: what is massive in at least half of its windows; of a target that is not massive, the candidates at its block.</summary>
/// <param name="Source">Name of a text, <c>shuffled tokens</c> or <c>random tokens</c>.</param>
/// <param name="Windows">Number of windows.</param>
/// <param name="HasMassive">Whether anything in it passes the detector.</param>
/// <param name="Coordinates">The coordinates, strongest first.</param>
public sealed record SourceCoordinates(string Source, int Windows, bool HasMassive, IReadOnlyList<CoordinateName> Coordinates);
