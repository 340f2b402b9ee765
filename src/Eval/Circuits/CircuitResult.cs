namespace OutlierQuant.Eval.Circuits;

/// <summary>Which parts of a model its attention sink needs.</summary>
public sealed record CircuitResult
{
    /// <summary>The version that this program writes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Gets the version of the document.</summary>
    public required int Version { get; init; }

    /// <summary>Gets the name of the model's directory.</summary>
    public required string Model { get; init; }

    /// <summary>Gets the name of the text.</summary>
    public required string Source { get; init; }

    /// <summary>Gets whether windows begin with BOS.</summary>
    public required bool Bos { get; init; }

    /// <summary>Gets the tokens of a window, BOS included.</summary>
    public required int Context { get; init; }

    /// <summary>Gets the number of windows.</summary>
    public required int Windows { get; init; }

    /// <summary>Gets how many such windows the text has.</summary>
    public required int WindowsInText { get; init; }

    /// <summary>Gets the seed of the control's channels.</summary>
    public required int Seed { get; init; }

    /// <summary>Gets the position that position 0 changes with; the controls change it with the one behind it.</summary>
    public required int OtherPosition { get; init; }

    /// <summary>Gets the channels of the residual stream that are largest at position 0, in the order of their size.</summary>
    public required IReadOnlyList<int> Channels { get; init; }

    /// <summary>Gets the control's channels.</summary>
    public required IReadOnlyList<int> RandomChannels { get; init; }

    /// <summary>Gets the mean probability that a query behind position 0 gives to it in the untouched model, over heads, queries and windows.</summary>
    public required double Attention { get; init; }

    /// <summary>Gets what attention to every visible key alike would give position 0: the mean of 1 / (q + 1) over the queries q.</summary>
    public required double EvenAttention { get; init; }

    /// <summary>Gets what is left without each part that the model has.</summary>
    public required IReadOnlyList<SinkPartArm> Arms { get; init; }

    /// <summary>Gets the parts that the model lacks.</summary>
    public required IReadOnlyList<MissingPart> Missing { get; init; }

    /// <summary>Gets what was found, in sentences.</summary>
    public required IReadOnlyList<string> Verdict { get; init; }
}
