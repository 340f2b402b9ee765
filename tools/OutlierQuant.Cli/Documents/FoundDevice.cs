namespace OutlierQuant.Cli.Documents;

/// <summary>A device that <c>--device</c> can name.</summary>
/// <param name="Device">What to call it.</param>
/// <param name="Name">Its name, as its driver gives it.</param>
/// <param name="Kind"><c>gpu</c> or <c>cpu</c>: what computes.</param>
/// <param name="Driver">The driver and its version.</param>
/// <param name="MemoryBytes">Bytes of its memory.</param>
/// <param name="LargestBufferBytes">Bytes of the longest buffer.</param>
/// <param name="Features">What kernels choose by.</param>
internal sealed record FoundDevice(string Device, string Name, string Kind, string Driver, long MemoryBytes, long LargestBufferBytes, IReadOnlyList<string> Features);
