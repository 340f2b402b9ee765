namespace OutlierQuant.Models;

/// <summary>A named place in the forward pass where statistics are taken.</summary>
/// <param name="Kind">What is seen there.</param>
/// <param name="Block">0-based block; -1 for the output head's input.</param>
/// <param name="LinearName">The linear whose input it is (linears that share an input are observed once each); empty for other kinds.</param>
public readonly record struct ObservationPoint(ObservationKind Kind, int Block, string LinearName = "");
