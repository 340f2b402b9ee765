namespace OutlierQuant.Eval.Statistics;

/// <summary>Student's t distribution: how wide an interval must be when few windows estimate the spread.</summary>
public static class StudentT
{
    private const int BisectionSteps = 200;
    private const int FractionSteps = 500;
    private const double Tiny = 1e-300;

    /// <summary>Returns the value <c>t</c> with <c>P(|T| ≤ t) = coverage</c>.</summary>
    /// <remarks>Found by bisection of <c>P(|T| ≤ t) = 1 − I(ν / (ν + t²); ν/2, 1/2)</c>, where <c>I</c> is the regularized incomplete beta function.</remarks>
    /// <param name="coverage">Probability inside, between 0 and 1, both excluded: 0.95 for a 95 % interval.</param>
    /// <param name="degreesOfFreedom">ν, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument lies outside its range.</exception>
    public static double TwoSidedQuantile(double coverage, int degreesOfFreedom)
    {
        if (!(coverage > 0 && coverage < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(coverage), coverage, "The coverage lies between 0 and 1, both excluded.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(degreesOfFreedom, 1);
        var high = 1.0;
        while (Inside(high, degreesOfFreedom) < coverage)
        {
            high *= 2;
        }

        var low = 0.0;
        for (var step = 0; step < BisectionSteps && low < high; step++)
        {
            var middle = low + ((high - low) / 2);
            if (middle == low || middle == high)
            {
                break;
            }

            if (Inside(middle, degreesOfFreedom) < coverage)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return high;
    }

    private static double Inside(double t, int degreesOfFreedom) =>
        1 - RegularizedBeta(degreesOfFreedom / (degreesOfFreedom + (t * t)), degreesOfFreedom / 2.0, 0.5);

    /// <summary>Computes <c>I(x; a, b)</c> by its continued fraction, on the side where that converges fast.</summary>
    private static double RegularizedBeta(double x, double a, double b)
    {
        if (x <= 0 || x >= 1)
        {
            return x <= 0 ? 0 : 1;
        }

        return x > (a + 1) / (a + b + 2)
            ? 1 - RegularizedBeta(1 - x, b, a)
            : Math.Exp((a * Math.Log(x)) + (b * Math.Log(1 - x)) - LogBeta(a, b)) / (a * ContinuedFraction(x, a, b));
    }

    /// <summary>Evaluates <c>1 + d₁/(1 + d₂/(1 + …))</c> with the beta function's coefficients, by Lentz's recurrence.</summary>
    private static double ContinuedFraction(double x, double a, double b)
    {
        var value = 1.0;
        var upper = 1.0;
        var lower = 0.0;
        for (var step = 1; step <= FractionSteps; step++)
        {
            double m = step / 2;
            var coefficient = step % 2 == 0
                ? m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m)))
                : -(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1));
            lower = 1 + (coefficient * lower);
            lower = 1 / (lower == 0 ? Tiny : lower);
            upper = 1 + (coefficient / upper);
            upper = upper == 0 ? Tiny : upper;
            var factor = upper * lower;
            value *= factor;
            if (Math.Abs(factor - 1) < 1e-16)
            {
                break;
            }
        }

        return value;
    }

    private static double LogBeta(double a, double b) => LogGamma(a) + LogGamma(b) - LogGamma(a + b);

    /// <summary>Computes <c>ln Γ(x)</c> for x &gt; 0: Stirling's series, after the recurrence has raised x above 10.</summary>
    private static double LogGamma(double x)
    {
        var shift = 0.0;
        for (; x < 10; x++)
        {
            shift += Math.Log(x);
        }

        var inverse = 1 / x;
        var square = inverse * inverse;
        var series = inverse * ((1.0 / 12) - (square * ((1.0 / 360) - (square * ((1.0 / 1260) - (square * ((1.0 / 1680) - (square / 1188))))))));
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI)) + series - shift;
    }
}
