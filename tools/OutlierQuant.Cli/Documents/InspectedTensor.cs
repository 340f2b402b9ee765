namespace OutlierQuant.Cli.Documents;

/// <summary>One tensor of a checkpoint.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type, as the file names it.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Bytes">Its size in bytes.</param>
internal sealed record InspectedTensor(string Name, string Type, IReadOnlyList<long> Shape, long Bytes);
