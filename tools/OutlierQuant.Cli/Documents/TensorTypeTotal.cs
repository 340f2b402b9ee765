namespace OutlierQuant.Cli.Documents;

/// <summary>The tensors of one element type, summed.</summary>
/// <param name="Type">Element type, as the file names it.</param>
/// <param name="Tensors">How many there are.</param>
/// <param name="Elements">Their elements in all.</param>
/// <param name="Bytes">Their bytes in all.</param>
internal sealed record TensorTypeTotal(string Type, int Tensors, long Elements, long Bytes);
