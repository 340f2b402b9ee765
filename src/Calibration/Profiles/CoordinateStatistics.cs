namespace OutlierQuant.Calibration.Profiles;

/// <summary>A coordinate of the residual stream (token class and channel) over the windows of the calibration set.</summary>
/// <remarks>
/// A window's value is the coordinate's entry of largest magnitude in that window, signed. Mean, standard deviation and their
/// quotient are over the counted windows, at <see cref="Block"/>.
/// </remarks>
public sealed record CoordinateStatistics
{
    /// <summary>Index in the hidden dimension.</summary>
    public required int Channel { get; init; }

    /// <summary>The class of the tokens.</summary>
    public required TokenClass TokenClass { get; init; }

    /// <summary>The block whose output the statistics describe.</summary>
    public required int Block { get; init; }

    /// <summary>First block where the coordinate is massive; of a candidate, where it has at least half of its largest ratio.</summary>
    public required int FirstBlock { get; init; }

    /// <summary>Last block where the coordinate is massive; of a candidate, where it has at least half of its largest ratio.</summary>
    public required int LastBlock { get; init; }

    /// <summary>Mean of the windows' values.</summary>
    public required double Mean { get; init; }

    /// <summary>Standard deviation of the windows' values, with <c>windows − 1</c> in the denominator; 0 for a single window.</summary>
    public required double StandardDeviation { get; init; }

    /// <summary><c>StandardDeviation / |Mean|</c>; 0 when both are 0.</summary>
    public required double CoefficientOfVariation { get; init; }

    /// <summary><c>|Mean| / median</c>, the block's <see cref="BlockProfile.Median"/>.</summary>
    public required double Ratio { get; init; }

    /// <summary>Windows counted: those where the coordinate is massive; of a candidate, those that hold a token of the class.</summary>
    public required int Windows { get; init; }

    /// <summary>Massive entries over all windows; 0 for a candidate.</summary>
    public required int Entries { get; init; }
}
