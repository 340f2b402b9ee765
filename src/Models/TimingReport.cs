namespace OutlierQuant.Models;

/// <summary>Where the time of forward passes went.</summary>
/// <param name="Seconds">Time in all.</param>
/// <param name="Tokens">Tokens computed in it.</param>
/// <param name="Parts">Every part that took time, in the order of computation; <c>other</c> is last.</param>
public sealed record TimingReport(double Seconds, long Tokens, IReadOnlyList<PartTime> Parts)
{
    private const string Other = "other";

    private static readonly string[] _names =
    [
        "embedding", "norms", "activation quantization", "q, k, v", "rotary and cache", "attention", "attention output",
        "gate, up", "activation function", "down", "block output", "output head", "log-softmax", "sampling",
    ];

    private static readonly ForwardPart[] _products =
        [ForwardPart.QueryKeyValue, ForwardPart.AttentionOutput, ForwardPart.GateUp, ForwardPart.Down, ForwardPart.Head];

    /// <summary>Gets the tokens computed in a second.</summary>
    public double TokensPerSecond => Seconds > 0 ? Tokens / Seconds : 0;

    /// <summary>Gets the share of the time, 0 to 1, that the linears' products took; activation quantization is not in it.</summary>
    public double ProductShare => Parts.Where(part => Array.Exists(_products, product => _names[(int)product] == part.Part)).Sum(part => part.Share);

    /// <summary>Adds up two reports.</summary>
    /// <param name="other">The other report.</param>
    public TimingReport Plus(TimingReport other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Of(Seconds + other.Seconds, Tokens + other.Tokens, [.. _names.Select(name => SecondsOf(name) + other.SecondsOf(name))]);
    }

    /// <summary>Makes a report from the seconds of each <see cref="ForwardPart"/>.</summary>
    internal static TimingReport Of(double seconds, long tokens, IReadOnlyList<double> partSeconds)
    {
        List<PartTime> parts = [.. partSeconds.Index().Where(part => part.Item > 0).Select(part => Part(_names[part.Index], part.Item))];
        parts.Add(Part(Other, Math.Max(0, seconds - partSeconds.Sum())));
        return new TimingReport(seconds, tokens, parts);

        PartTime Part(string name, double partSecond) => new(name, partSecond, seconds > 0 ? partSecond / seconds : 0);
    }

    private double SecondsOf(string name) => Parts.Where(part => part.Part == name).Sum(part => part.Seconds);
}
