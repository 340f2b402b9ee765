namespace OutlierQuant.Eval.Forecasting;

/// <summary>The forecasts for one scheme.</summary>
public sealed record SchemeForecast
{
    /// <summary>Gets the name of the scheme.</summary>
    public required string Scheme { get; init; }

    /// <summary>Gets the linears that the scheme rounds, in the model's order; empty for a residual scheme.</summary>
    public required IReadOnlyList<LinearForecast> Linears { get; init; }

    /// <summary>Gets the blocks whose output the scheme rounds; empty for others.</summary>
    public required IReadOnlyList<BlockForecast> Blocks { get; init; }

    /// <summary>Gets how forecasts agree with measurements; empty without a text.</summary>
    public IReadOnlyList<ForecastAgreement> Agreement { get; init; } = [];

    /// <summary>Gets the worst misses, the largest first; empty without a text.</summary>
    public IReadOnlyList<ForecastMiss> WorstMisses { get; init; } = [];
}
