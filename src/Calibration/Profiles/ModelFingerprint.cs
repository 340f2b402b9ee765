namespace OutlierQuant.Calibration.Profiles;

/// <summary>Which model a profile belongs to.</summary>
/// <param name="Name">Name of the checkpoint's directory; for people, not compared.</param>
/// <param name="Architecture">The architecture named in <c>config.json</c>.</param>
/// <param name="Tensors">Number of tensors.</param>
/// <param name="Parameters">Number of parameters.</param>
/// <param name="Sha256">
/// Lower-case hexadecimal SHA-256 of <c>config.json</c> and, for every tensor by name, its name, type, shape, and its first and last
/// 4096 bytes: enough to tell apart two checkpoints of one architecture without reading them whole.
/// </param>
public sealed record ModelFingerprint(string Name, string Architecture, int Tensors, long Parameters, string Sha256);
