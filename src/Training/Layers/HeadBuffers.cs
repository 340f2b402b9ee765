namespace OutlierQuant.Training.Layers;

/// <summary>Queries, keys and values of all heads of some windows, or the derivatives by them.</summary>
/// <param name="Queries">Shape [windows, keyValueHeads, rowsPerWindow, heads / keyValueHeads, headSize].</param>
/// <param name="Keys">Shape [windows, keyValueHeads, entries, headSize]; an entry is a constant key or a row.</param>
/// <param name="Values">Shape [windows, keyValueHeads, entries, headSize].</param>
internal sealed record HeadBuffers(Memory<float> Queries, Memory<float> Keys, Memory<float> Values);
