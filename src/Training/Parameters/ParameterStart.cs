using OutlierQuant.Models.Generation;

namespace OutlierQuant.Training.Parameters;

/// <summary>The values that training starts from.</summary>
/// <remarks>
/// Gains are 1 and biases 0. Everything else is drawn from a normal distribution of mean 0 and standard deviation 0.02, and the two projections that add to
/// the residual stream <c>0.02 / √(2 · blocks)</c>, as in GPT-2 (Radford et al., 2019, section 2.3). Each parameter has random numbers of its own, so that
/// what two variants of a model have in common starts alike.
/// </remarks>
internal static class ParameterStart
{
    private const double Deviation = 0.02;
    private const int KindShift = 24;
    private const int SeedShift = 32;

    /// <summary>Fills all parameters; the same seed gives the same bits.</summary>
    public static void Fill(ModelParameters parameters, int seed)
    {
        Dictionary<ParameterKind, uint> seen = [];
        double shrink = 1 / Math.Sqrt(2.0 * parameters.Blocks.Count);
        foreach (Parameter parameter in parameters.Set.All)
        {
            Span<float> values = parameter.Values.Span;
            uint occurrence = seen.GetValueOrDefault(parameter.Kind);
            seen[parameter.Kind] = occurrence + 1;
            RandomSource random = new(((ulong)seed << SeedShift) + ((ulong)parameter.Kind << KindShift) + occurrence);
            switch (parameter.Kind)
            {
                case ParameterKind.NormGain or ParameterKind.HeadNormGain:
                    values.Fill(1);
                    break;
                case ParameterKind.NormBias or ParameterKind.LinearBias:
                    break;
                case ParameterKind.AttentionOutput or ParameterKind.MlpOutput:
                    FillNormal(values, Deviation * shrink, random);
                    break;
                default:
                    FillNormal(values, Deviation, random);
                    break;
            }
        }
    }

    /// <summary>Draws by Box and Muller, one number of each pair.</summary>
    private static void FillNormal(Span<float> values, double deviation, RandomSource random)
    {
        foreach (ref float value in values)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextUnit()));
            value = (float)(deviation * radius * Math.Cos(2 * Math.PI * random.NextUnit()));
        }
    }
}
