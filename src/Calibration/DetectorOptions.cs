namespace OutlierQuant.Calibration;

/// <summary>The thresholds of every detector, and the rules that choose candidates and preserved channels.</summary>
/// <remarks>Thresholds and the channel rule are written into the <see cref="CalibrationProfile"/>, so a result always says how it was found.</remarks>
public sealed record DetectorOptions
{
    /// <summary>The detector that defines a massive activation; see <see cref="Detectors.MassiveActivationDetector"/>.</summary>
    public const string Name = "sun2024";

    /// <summary><c>sun2024</c>: a massive activation's magnitude exceeds this. Positive.</summary>
    public double MinMagnitude { get; init; } = 100;

    /// <summary><c>sun2024</c>: a massive activation's magnitude exceeds this many times the median magnitude. Positive.</summary>
    public double MinRatio { get; init; } = 1000;

    /// <summary><c>prefixquant</c>: a token of a down projection's input is an outlier above this many times the median token. Positive.</summary>
    public double PrefixQuantRatio { get; init; } = 64;

    /// <summary><c>qfem</c>: a module stays in float above this score. The paper chooses it per model (4.04 to 78.4); 6.68 is its value for LLaMA-2-7B. Positive.</summary>
    public double QfemScore { get; init; } = 6.68;

    /// <summary><c>llmint8</c>: a column of a linear's input is an outlier when any magnitude in it exceeds this. Positive.</summary>
    public double LlmInt8Magnitude { get; init; } = 6;

    /// <summary><c>superweight</c>: a down projection holds a super weight when its input and its output both spike above this. Positive.</summary>
    public double SuperWeightSpike { get; init; } = 50;

    /// <summary>Without massive activations, a coordinate is a candidate when its mean reaches this share of the strongest one's. From 0 to 1.</summary>
    public double CandidateShare { get; init; } = 0.1;

    /// <summary>The most candidates named. At least 1.</summary>
    public int MaxCandidates { get; init; } = 8;

    /// <summary>The rule that suggests which input channels of each linear to preserve.</summary>
    public PreservedChannelRule ChannelRule { get; init; } = new();

    /// <summary>Refuses thresholds that no value can meet or that every value meets.</summary>
    /// <exception cref="ArgumentException">A threshold is out of its range; the message names it and the range.</exception>
    public void Validate()
    {
        RequirePositive("minimum magnitude", MinMagnitude);
        RequirePositive("minimum ratio", MinRatio);
        RequirePositive("prefixquant ratio", PrefixQuantRatio);
        RequirePositive("qfem score", QfemScore);
        RequirePositive("llmint8 magnitude", LlmInt8Magnitude);
        RequirePositive("superweight spike", SuperWeightSpike);
        if (!(CandidateShare >= 0 && CandidateShare <= 1))
        {
            throw new ArgumentException($"The candidate share is {CandidateShare}; it must be from 0 to 1.");
        }

        if (MaxCandidates < 1)
        {
            throw new ArgumentException($"The largest number of candidates is {MaxCandidates}; it must be at least 1.");
        }

        ChannelRule.Validate();
    }

    private static void RequirePositive(string name, double value)
    {
        if (!(value > 0 && double.IsFinite(value)))
        {
            throw new ArgumentException($"The {name} is {value}; it must be a positive number.");
        }
    }
}
