namespace OutlierQuant.Quantizers;

/// <summary>What a user asks of <see cref="QuantizationPlanner"/>.</summary>
public sealed record QuantizationOptions
{
    /// <summary>Gets the widths and granularities.</summary>
    public required Scheme Scheme { get; init; }

    /// <summary>Gets what becomes of outlier channels.</summary>
    public Preservation Preserve { get; init; } = Preservation.None;

    /// <summary>Gets how many input channels of each linear <see cref="Preserve"/> is about, the largest by absmax; null takes those that the profile
    /// suggests, which may be none. Has no effect with <see cref="Preservation.None"/>.</summary>
    public int? Channels { get; init; }

    /// <summary>Gets a value indicating whether the output head is quantized like the other linears.</summary>
    public bool IncludeHead { get; init; }

    /// <summary>Gets how weights are turned into codes: <c>rtn</c>, round to nearest.</summary>
    public string Method { get; init; } = "rtn";

    /// <summary>Gets the one block whose output a residual scheme rounds; null for every block.</summary>
    public int? ResidualBlock { get; init; }
}
