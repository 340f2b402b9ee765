using OutlierQuant.Models.Linears;
using OutlierQuant.Quantizers;

namespace OutlierQuant.Eval.Comparison;

/// <summary>The arms of a comparison when none are named.</summary>
public static class DefaultArms
{
    /// <summary>Gets <see cref="All"/>, and where a static scale must cover everything also <c>fold</c> and <c>fold+channels</c>; and the fold by itself in full precision.</summary>
    public static IReadOnlyList<ArmSpecification> WithFold { get; } = [new(Scheme.FullPrecision, Preservation.Fold), .. List(withFold: true)];

    /// <summary>Gets every scheme with <c>none</c> and <c>channels</c>; the controls <c>clip</c> and <c>mean</c> where one scale must cover outliers and everything
    /// else, that is with static or run-time scales per tensor and in the residual stream; and the residual schemes also at the first massive block alone.</summary>
    public static IReadOnlyList<ArmSpecification> All { get; } = [.. List(withFold: false)];

    private static IEnumerable<ArmSpecification> List(bool withFold)
    {
        foreach (var scheme in Scheme.All)
        {
            foreach (var scope in scheme.ResidualBits is null ? [default] : new[] { ResidualScope.FirstMassive, default })
            {
                foreach (var preserve in Enum.GetValues<Preservation>().Where(preserve => preserve.Folds() ? withFold && IsStatic(scheme) : IsTelling(scheme, preserve)))
                {
                    yield return new ArmSpecification(scheme, preserve, null, scope);
                }
            }
        }
    }

    private static bool IsStatic(Scheme scheme) => scheme.ResidualBits is not null || scheme.Activation == ActivationGranularity.TensorStatic;

    private static bool IsTelling(Scheme scheme, Preservation preserve) =>
        preserve is Preservation.None or Preservation.Channels
        || scheme.ResidualBits is not null
        || scheme.Activation is ActivationGranularity.TensorStatic or ActivationGranularity.Tensor;
}
