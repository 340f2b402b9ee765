namespace OutlierQuant.Cli.Documents;

/// <summary>What <c>devices</c> prints.</summary>
/// <param name="Devices">Devices that <c>--device</c> can name.</param>
/// <param name="Rejected">What cannot be used.</param>
internal sealed record DevicesDocument(IReadOnlyList<FoundDevice> Devices, IReadOnlyList<RejectedDevice> Rejected);
