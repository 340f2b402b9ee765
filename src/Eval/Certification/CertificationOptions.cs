using OutlierQuant.Calibration;
using OutlierQuant.Eval.Statistics;

namespace OutlierQuant.Eval.Certification;

/// <summary>How to certify.</summary>
public sealed record CertificationOptions
{
    /// <summary>The number of windows of each text unless more or fewer are asked for.</summary>
    public const int DefaultWindows = 32;

    /// <summary>Gets the most windows of each text to use, evenly spaced, and the number of windows of random tokens; null for all.</summary>
    public int? MaxWindows { get; init; } = DefaultWindows;

    /// <summary>Gets the tokens of a window, BOS included; null for the model's largest position, at most <see cref="PerplexityOptions.DefaultContext"/>.</summary>
    public int? Context { get; init; }

    /// <summary>Gets the thresholds of the detector.</summary>
    public DetectorOptions Detector { get; init; } = new();

    /// <summary>Gets how many sets of random source tokens make the null distribution of value updates. At least 19, so that 5 % is one of them.</summary>
    public int Draws { get; init; } = 200;

    /// <summary>Gets how many resamples make an interval. At least <see cref="PairedBootstrap.LeastResamples"/>.</summary>
    public int Resamples { get; init; } = 2000;

    /// <summary>Gets the seed of every random choice: shuffled and random tokens, source tokens, controls, resamples.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Gets what is called as the work goes on: one arm for each pass.</summary>
    public Action<ArmProgress>? Progress { get; init; }

    /// <summary>Gets what stops the work.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Refuses numbers that say nothing.</summary>
    /// <exception cref="ArgumentException">A number is out of its range; the message names it and the range.</exception>
    internal void Validate()
    {
        Detector.Validate();
        if (Draws < LeastDraws)
        {
            throw new ArgumentException($"The number of draws is {Draws}; at least {LeastDraws} are needed, so that one in {LeastDraws + 1} can be 5 %.");
        }

        if (Resamples < PairedBootstrap.LeastResamples)
        {
            throw new ArgumentException($"The number of resamples is {Resamples}; at least {PairedBootstrap.LeastResamples} are needed for a 95 % interval.");
        }
    }

    /// <summary>The fewest draws with which a head can be steadier than 95 % of them.</summary>
    internal const int LeastDraws = 19;
}
