using OutlierQuant.Kernels;

namespace OutlierQuant.Quantizers.Rounding;

/// <summary>A weight matrix as codes, with the columns that were taken out of it.</summary>
/// <param name="Format">Packing of the codes.</param>
/// <param name="Rows">Output features.</param>
/// <param name="Columns">Input features.</param>
/// <param name="GroupSize">Columns that share a scale.</param>
/// <param name="Codes">Packed codes, 0 at the columns taken out. Shape <c>[rows, WeightPacking.BytesPerRow]</c>.</param>
/// <param name="Scales">Steps. Shape <c>[rows, ceil(columns / groupSize)]</c>.</param>
/// <param name="TakenOut">Sorted columns that were taken out. Shape <c>[k]</c>.</param>
/// <param name="TakenOutWeights">Their weights, exactly as in the checkpoint. Shape <c>[rows, k]</c>.</param>
internal sealed record RoundedMatrix(
    WeightFormat Format, int Rows, int Columns, int GroupSize, byte[] Codes, float[] Scales, int[] TakenOut, float[] TakenOutWeights);
