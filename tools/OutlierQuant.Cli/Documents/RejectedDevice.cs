namespace OutlierQuant.Cli.Documents;

/// <summary>Something that a search for devices cannot use.</summary>
/// <param name="Backend">What looked.</param>
/// <param name="Name">What it is.</param>
/// <param name="Reason">Why not.</param>
internal sealed record RejectedDevice(string Backend, string Name, string Reason);
