namespace OutlierQuant.Training.Runs;

/// <summary>What training adds up between two measurements.</summary>
/// <param name="Steps">Number of steps.</param>
/// <param name="Loss">Sum of their losses.</param>
/// <param name="GradientNorm">Sum of the norms of their gradients.</param>
/// <param name="LargestGradientNorm">The largest of them.</param>
internal readonly record struct SinceRecord(int Steps, double Loss, double GradientNorm, double LargestGradientNorm)
{
    /// <summary>Adds a step.</summary>
    public SinceRecord With(double loss, double gradientNorm) =>
        new(Steps + 1, Loss + loss, GradientNorm + gradientNorm, Math.Max(LargestGradientNorm, gradientNorm));
}
