using OutlierQuant.Quantizers;

namespace OutlierQuant.Eval.Forecasting;

/// <summary>What to forecast, and whether to measure beside it.</summary>
public sealed record ForecastOptions
{
    /// <summary>The number of windows measured on unless more or fewer are asked for.</summary>
    public const int DefaultWindows = 8;

    /// <summary>Gets the schemes that are forecast unless others are asked for.</summary>
    public static IReadOnlyList<Scheme> DefaultSchemes { get; } =
        [.. new[] { "w8a8-tensor-static", "w8a4-tensor-static", "w4a16", "residual-int8", "residual-int4" }.Select(Scheme.Parse)];

    /// <summary>Gets the schemes.</summary>
    public IReadOnlyList<Scheme> Schemes { get; init; } = DefaultSchemes;

    /// <summary>Gets whether each linear is also quantized alone and scored: one pass over the text for each linear and scheme.</summary>
    public bool MeasuresDamage { get; init; }

    /// <summary>Gets how to cut the text that is measured on; the progress and cancellation in it are not used.</summary>
    public PerplexityOptions Text { get; init; } = new() { MaxWindows = DefaultWindows };

    /// <summary>Gets what is called as the work goes on.</summary>
    public Action<ArmProgress>? Progress { get; init; }

    /// <summary>Gets what stops the work.</summary>
    public CancellationToken Cancellation { get; init; }
}
