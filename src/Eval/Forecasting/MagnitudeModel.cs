using OutlierQuant.Calibration.Profiles;

namespace OutlierQuant.Eval.Forecasting;

/// <summary>A distribution of magnitudes made from a tensor's median, 99 % and 99.9 % quantile, largest value and mean square, for forecasting what rounding does to it.</summary>
/// <remarks>
/// <para>The body, 99.9 % of the entries, is a Weibull distribution in two pieces: <c>P(|x| ≤ t) = 1 − exp(−(t / λ)^k)</c>, one (λ, k) up to the 99 % quantile and another from there on, so
/// that the three quantiles are the tensor's. With <c>u(p) = ln(−ln(1 − p))</c> a piece through (p, x) and (p′, x′) has <c>1 / k = ln(x′ / x) / (u(p′) − u(p))</c>. Laplace's distribution
/// is k = 1, a normal one is near k = 1.45, and the inputs of a gated down projection have k near 0.5. The tail, the last 0.1 %, is <c>x(u) = q999 · (max / q999)^(u^a)</c> for u evenly
/// from 0 to 1, where a gives the whole its mean square: near 1 for a tail that thins out slowly, large for a few spikes far from everything else.</para>
/// <para>Integrals over it are means over a fixed grid of quantiles.</para>
/// </remarks>
internal sealed class MagnitudeModel
{
    private const double LowerShare = 0.99;
    private const double BodyShare = 0.999;
    private const int LowerPoints = 1500;
    private const int BodyPoints = LowerPoints + 500;
    private const int TailPoints = 256;
    private const double LargestExponent = 1 << 16;

    // Rising magnitudes: those of the body's two pieces, then the tail's, and what share of the entries each stands for.
    private readonly double[] _points = new double[BodyPoints + TailPoints];
    private readonly double[] _shares = new double[BodyPoints + TailPoints];

    /// <summary>Makes the model.</summary>
    /// <param name="quantiles">Rising magnitudes, the median positive.</param>
    /// <param name="meanSquare">Mean square of all entries.</param>
    public MagnitudeModel(MagnitudeQuantiles quantiles, double meanSquare)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(quantiles.Quantile50);
        var lower = new Piece(0.5, quantiles.Quantile50, LowerShare, quantiles.Quantile99);
        var upper = new Piece(LowerShare, quantiles.Quantile99, BodyShare, quantiles.Quantile999);
        Fill(0, LowerPoints, 0, LowerShare, lower.Quantile);
        Fill(LowerPoints, BodyPoints, LowerShare, BodyShare, upper.Quantile);
        Fill(BodyPoints, _points.Length, BodyShare, 1, _ => quantiles.Quantile999);
        FillTail(quantiles, (meanSquare - (BodyShare * BodyPower)) / (1 - BodyShare));
    }

    /// <summary>Gets the mean square of the body's entries.</summary>
    public double BodyPower => MeanOverBody(x => x * x, double.PositiveInfinity);

    /// <summary>Gets the mean magnitude of the body's entries: the scale that ternary rounding takes.</summary>
    public double BodyMean => MeanOverBody(x => x, double.PositiveInfinity);

    /// <summary>Computes the mean square error of rounding the entries of one unit, those that share a scale.</summary>
    /// <param name="step">The scale, positive.</param>
    /// <param name="qMax">Largest code.</param>
    /// <param name="absMax">The unit's largest magnitude: larger entries belong to other units.</param>
    /// <param name="bodyOnly">Whether only entries of the body count.</param>
    public double MeanSquareError(double step, int qMax, double absMax, bool bodyOnly)
    {
        var body = MeanOverBody(Error, absMax);
        if (bodyOnly)
        {
            return body;
        }

        var tail = 0.0;
        for (var i = BodyPoints; i < _points.Length && _points[i] <= absMax; i++)
        {
            tail += _shares[i] * Error(_points[i]);
        }

        return (BodyShare * body) + tail;

        double Error(double x)
        {
            var error = x - (step * Math.Min(Math.Round(x / step), qMax));
            return error * error;
        }
    }

    /// <summary>Chooses the tail's exponent by bisection over its logarithm, so that the tail has a mean square; one out of reach is approached as far as possible.</summary>
    private void FillTail(MagnitudeQuantiles quantiles, double meanSquare)
    {
        var tail = _points.AsSpan(BodyPoints);
        var (low, high) = (-Math.Log2(LargestExponent), Math.Log2(LargestExponent));
        while (high - low > 1e-6)
        {
            var exponent = (low + high) / 2;
            double squares = 0;
            for (var i = 0; i < tail.Length; i++)
            {
                tail[i] = quantiles.Quantile999 * Math.Pow((double)quantiles.Quantile100 / quantiles.Quantile999, Math.Pow((i + 0.5) / tail.Length, Math.Pow(2, exponent)));
                squares += tail[i] * tail[i];
            }

            // A larger exponent leaves more of the tail near the body.
            (low, high) = squares / tail.Length > meanSquare ? (exponent, high) : (low, exponent);
        }
    }

    /// <summary>Puts points at the middles of equal steps of probability.</summary>
    private void Fill(int first, int end, double fromProbability, double toProbability, Func<double, double> quantile)
    {
        for (var i = first; i < end; i++)
        {
            _shares[i] = (toProbability - fromProbability) / (end - first);
            _points[i] = quantile(fromProbability + ((i - first + 0.5) * _shares[i]));
        }
    }

    private double MeanOverBody(Func<double, double> value, double absMax)
    {
        var (sum, share) = (0.0, 0.0);
        for (var i = 0; i < BodyPoints && (i == 0 || _points[i] <= absMax); i++)
        {
            sum += _shares[i] * value(Math.Min(_points[i], absMax));
            share += _shares[i];
        }

        return sum / share;
    }

    /// <summary>The Weibull distribution through two quantiles.</summary>
    private readonly record struct Piece(double LowProbability, double Low, double HighProbability, double High)
    {
        public double Quantile(double probability) =>
            Low * Math.Pow(High / Low, (U(probability) - U(LowProbability)) / (U(HighProbability) - U(LowProbability)));

        private static double U(double probability) => Math.Log(-Math.Log(1 - probability));
    }
}
