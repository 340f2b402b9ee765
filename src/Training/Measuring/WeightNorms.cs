namespace OutlierQuant.Training.Measuring;

/// <summary>Roots of sums of squares of parameters.</summary>
/// <param name="Embedding">Token table.</param>
/// <param name="Attention">Queries, keys, values and output projections of all blocks.</param>
/// <param name="Mlp">Matrices of the MLPs of all blocks.</param>
/// <param name="Gains">Gains of norms.</param>
/// <param name="Constants">k′ and v′, or the sink token; null where there are none.</param>
public sealed record WeightNorms(double Embedding, double Attention, double Mlp, double Gains, double? Constants);
