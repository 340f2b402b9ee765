namespace OutlierQuant.Checkpoints.Safetensors;

/// <summary>One tensor of a safetensors header.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="Type">Type of its elements.</param>
/// <param name="Shape">Outermost dimension first.</param>
/// <param name="Begin">First byte, counted from the end of the header.</param>
/// <param name="End">First byte after the tensor, counted from the end of the header.</param>
/// <param name="HeaderOffset">Place of the entry's name in the file, for messages.</param>
internal sealed record TensorEntry(string Name, TensorType Type, long[] Shape, long Begin, long End, long HeaderOffset);
