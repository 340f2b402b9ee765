namespace OutlierQuant.Calibration.Statistics;

/// <summary>A magnitude beside a typical one.</summary>
public static class Ratio
{
    /// <summary>Computes <c>|value| / typical</c>; a typical magnitude of 0 counts as the smallest positive float, so that the result is finite.</summary>
    /// <param name="value">A finite value.</param>
    /// <param name="typical">A median or another typical magnitude, not negative.</param>
    public static double Of(double value, double typical) => Math.Abs(value) / Math.Max(typical, float.Epsilon);
}
