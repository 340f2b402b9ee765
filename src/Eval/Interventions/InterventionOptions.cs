namespace OutlierQuant.Eval.Interventions;

/// <summary>Where to intervene, and how to score.</summary>
public sealed record InterventionOptions
{
    /// <summary>The number of windows scored unless more or fewer are asked for.</summary>
    public const int DefaultWindows = 32;

    /// <summary>Gets the block whose output is changed; null for the profile's first massive block, or that of its candidates.</summary>
    public int? Block { get; init; }

    /// <summary>Gets the channels of the leading BOS to change; null for the profile's coordinates at its own block, and for the strongest channels of BOS at another.</summary>
    public IReadOnlyList<int>? Channels { get; init; }

    /// <summary>Gets what is done, each in turn.</summary>
    public IReadOnlyList<Intervention> Interventions { get; init; } = Enum.GetValues<Intervention>();

    /// <summary>Gets whether the load-bearing test is run too: four more arms.</summary>
    public bool LoadBearing { get; init; }

    /// <summary>Gets the seed of <see cref="Intervention.ZeroRandom"/>.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Gets how to cut the text; the progress and cancellation in it are not used.</summary>
    public PerplexityOptions Text { get; init; } = new() { MaxWindows = DefaultWindows };

    /// <summary>Gets what is called as the work goes on.</summary>
    public Action<ArmProgress>? Progress { get; init; }

    /// <summary>Gets what stops the work.</summary>
    public CancellationToken Cancellation { get; init; }
}
