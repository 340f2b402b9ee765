using OutlierQuant.Benchmarks.Measuring;
using OutlierQuant.Benchmarks.Workloads;
using OutlierQuant.Kernels;

namespace OutlierQuant.Benchmarks.Ceilings;

/// <summary>Which ceilings bound a product.</summary>
internal static class CaseCeilings
{
    /// <summary>Lists the arithmetic that could compute a product, with how many of its operations one of the product's takes.</summary>
    /// <remarks>
    /// Codes multiply in integers. Floats multiply in binary32, or as sums of bfloat16 parts: an activation is three of them, an F32 weight three, an F16
    /// weight two, a BF16 weight or a code one, and parts i and j are multiplied where i + j ≤ 2, which is as accurate as binary32; or one part each, where they may be rounded.
    /// Floats and codes multiply in integers too, an activation as three bytes.
    /// </remarks>
    /// <param name="kernel">The kind of product.</param>
    /// <param name="mayRound">Whether floats may be rounded to bfloat16.</param>
    public static IReadOnlyList<(CeilingKind Kind, int Parts)> Arithmetic(ProductKernel kernel, bool mayRound = false) => (kernel.HasIntegerActivations, kernel.CodeWeights, kernel.FloatWeights) switch
    {
        (true, WeightFormat.Int8, _) => [(CeilingKind.Int8, 1)],
        (true, _, _) => [(CeilingKind.Int8, 1), (CeilingKind.Int4, 1)],
        (_, _, FloatType.F32) => [(CeilingKind.F32, 1), (CeilingKind.BF16, mayRound ? 1 : 6)],
        (_, _, FloatType.F16) => [(CeilingKind.F32, 1), (CeilingKind.BF16, mayRound ? 1 : 5)],
        (_, _, FloatType.BF16) => [(CeilingKind.F32, 1), (CeilingKind.BF16, mayRound ? 1 : 3)],
        (_, WeightFormat.Int8, _) => [(CeilingKind.F32, 1), (CeilingKind.BF16, mayRound ? 1 : 3), (CeilingKind.Int8, 3)],
        _ => [(CeilingKind.F32, 1), (CeilingKind.BF16, mayRound ? 1 : 3), (CeilingKind.Int8, 3), (CeilingKind.Int4, 3)],
    };

    /// <summary>Gets the arms that measure them here, reading memory first.</summary>
    public static IReadOnlyList<CeilingArm> Arms(ProductCase product, MachineCeilings ceilings, bool mayRound = false) =>
        [.. new[] { CeilingKind.DramRead }.Concat(Arithmetic(product.Kernel, mayRound).Select(pair => pair.Kind)).Select(ceilings.Arm).OfType<CeilingArm>()];

    /// <summary>Reads the rates of a case's ceiling arms, and notes them for the run.</summary>
    /// <returns>The roofline, and the name of its arithmetic.</returns>
    public static (Roofline Roofline, string Arithmetic) Read(ProductCase product, IReadOnlyList<CeilingArm> arms, IReadOnlyList<ArmSamples> samples, MachineCeilings ceilings, bool mayRound = false)
    {
        Dictionary<CeilingKind, double> rates = arms.Select((arm, i) => (arm.Loop.Kind, Rate: arm.Amount / samples[i].RunSeconds)).ToDictionary(pair => pair.Kind, pair => pair.Rate);
        foreach ((CeilingKind kind, double rate) in rates)
        {
            ceilings.Note(kind, rate);
        }

        (CeilingKind best, double fastest) = Arithmetic(product.Kernel, mayRound).Where(pair => rates.ContainsKey(pair.Kind)).Select(pair => (pair.Kind, rates[pair.Kind] / pair.Parts)).MaxBy(pair => pair.Item2);
        return (new Roofline(rates[CeilingKind.DramRead], fastest), best.ToString().ToLowerInvariant());
    }
}
