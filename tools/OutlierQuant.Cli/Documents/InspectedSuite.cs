namespace OutlierQuant.Cli.Documents;

/// <summary>One set of kernels that <c>--kernels</c> can name, fastest first.</summary>
/// <param name="Name">Value of <c>--kernels</c>.</param>
/// <param name="Chosen">Whether this command ran on it.</param>
/// <param name="Description">The instructions it uses here, after its name and a colon.</param>
/// <param name="UnavailableBecause">Why it cannot run here; null if it can.</param>
internal sealed record InspectedSuite(string Name, bool Chosen, string Description, string? UnavailableBecause);
