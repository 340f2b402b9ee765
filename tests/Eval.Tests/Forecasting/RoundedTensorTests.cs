using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Calibration.Statistics;
using OutlierQuant.Eval.Forecasting;
using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Tests.Forecasting;

public class RoundedTensorTests
{
    private const int Channels = 64;
    private const int Tokens = 600;

    [Theory]
    [InlineData(1, 127)]
    [InlineData(1, 7)]
    [InlineData(100, 127)]
    [InlineData(100, 7)]
    public void Forecast_NormalValuesAndASpike_IsNearWhatRoundingDoes(float spike, int qMax)
    {
        var values = Values(spike);
        var whole = Tensor(values);
        var scale = values.Max(Math.Abs) / qMax;
        var exact = new SignalToNoise();
        var body = new SignalToNoise();
        foreach (var value in values)
        {
            double error = value - (scale * MathF.Round(value / scale));
            exact.Add((double)value * value, error * error);
            if (Math.Abs(value) <= whole.Magnitudes.Quantile999)
            {
                body.Add((double)value * value, error * error);
            }
        }

        var forecast = whole.Forecast(qMax);

        Assert.Equal(exact.Decibels!.Value, forecast.Sqnr!.Value, 0.6);
        Assert.Equal(body.Decibels!.Value, forecast.BodySqnr!.Value, 0.6);
        Assert.Equal(Math.Log2(forecast.Max / forecast.Quantile999), forecast.BitsLost!.Value, 1e-12);
    }

    [Fact]
    public void Forecast_MostlyZeros_SaysThatItDoesNotKnow()
    {
        var tensor = new RoundedTensor(new MagnitudeQuantiles(0, 1, 2, 4), 1, [(1, 4)]);

        var forecast = tensor.Forecast(7);

        Assert.Equal((null, null, 1), (forecast.Sqnr, forecast.BodySqnr, forecast.BitsLost));
    }

    [Fact]
    public void Forecast_Noise_NeverExceedsTheSignal()
    {
        // The quantiles allow for much more power than the tensor has.
        Assert.Equal(0, new RoundedTensor(new MagnitudeQuantiles(1, 50, 80, 5000), 0.5, [(1, 5000)]).Forecast(7).Sqnr!.Value);
    }

    [Fact]
    public void PerToken_OneTokenWithASpike_LosesLessThanOneScaleForAll()
    {
        var values = Values(100);
        float[] absMax = [.. values.Chunk(Channels).Select(token => token.Max(Math.Abs)).Order()];
        var whole = Tensor(values);
        var statistics = new ChannelStatistics([], [], [.. Enumerable.Repeat((float)whole.MeanSquare, Channels)], [], []);
        var perToken = RoundedTensor.PerToken(
            whole.Magnitudes, statistics, new TokenAbsMaxQuantiles(absMax[0], absMax[Tokens / 2], absMax[(int)(0.9 * Tokens)], absMax[(int)(0.99 * Tokens)], absMax[^1], absMax[^1]));
        var exact = new SignalToNoise();
        foreach (var token in values.Chunk(Channels))
        {
            var scale = token.Max(Math.Abs) / 7;
            exact.Add(token, [.. token.Select(value => scale * MathF.Round(value / scale))]);
        }

        // Between the 99 % and the 99.9 % quantile of the tokens lies the jump to the spike, and the profile does not say where.
        Assert.Equal(exact.Decibels!.Value, perToken.Forecast(7).Sqnr!.Value, 2.5);
        Assert.True(perToken.Forecast(7).BodySqnr > whole.Forecast(7).BodySqnr + 10);
    }

    private static RoundedTensor Tensor(float[] values)
    {
        var histogram = new MagnitudeHistogram();
        histogram.Add(values);
        return new RoundedTensor(histogram.ToQuantiles(), values.Average(value => (double)value * value), [(1, values.Max(Math.Abs))]);
    }

    /// <summary>Normal values; the first token holds a spike, in units of the largest other value.</summary>
    private static float[] Values(float spike)
    {
        var random = new Random(5);
        var values = new float[Tokens * Channels];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        values[3] = spike * values.Max(Math.Abs);
        return values;
    }
}
