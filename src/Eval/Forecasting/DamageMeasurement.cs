using OutlierQuant.Eval.Scoring;
using OutlierQuant.Models;
using OutlierQuant.Quantizers;

namespace OutlierQuant.Eval.Forecasting;

/// <summary>Quantizes each linear alone and scores the text: what a forecast of damage ought to rank.</summary>
internal static class DamageMeasurement
{
    /// <summary>Adds the damage of every linear under every scheme to a result.</summary>
    /// <param name="result">The result.</param>
    /// <param name="model">The model, in float.</param>
    /// <param name="plans">The schemes' plans.</param>
    /// <param name="text">The windows to score.</param>
    /// <param name="options">Progress and cancellation.</param>
    public static ForecastResult Add(ForecastResult result, TransformerModel model, IReadOnlyList<QuantizationPlan> plans, EvaluationText text, ForecastOptions options)
    {
        var arms = 2 + plans.Sum(plan => plan.Linears.Count);
        var arm = 1;
        var untouched = WindowScorer.Score(model, text, null, Report("full precision"), options.Cancellation);
        var schemes = new List<SchemeForecast>();
        foreach (var (scheme, plan) in result.Schemes.Zip(plans))
        {
            var linears = new List<LinearForecast>();
            foreach (var (linear, planned) in scheme.Linears.Zip(plan.Linears))
            {
                arm++;
                using var quantized = Quantizer.Apply(model, plan with { Linears = [planned] }, cancellation: options.Cancellation);
                var scores = WindowScorer.Score(quantized, text, null, Report($"{plan.Scheme} {planned.Name}"), options.Cancellation);
                linears.Add(linear with { Damage = PairedScore.Of(untouched, scores) });
            }

            schemes.Add(scheme with { Linears = linears });
        }

        return result with { Baseline = PerplexityEvaluator.Summarize(model, text, untouched), Schemes = schemes };

        Action<ForwardProgress> Report(string name)
        {
            var current = arm;
            return forward => options.Progress?.Invoke(new ArmProgress(current, arms, name, forward));
        }
    }
}
