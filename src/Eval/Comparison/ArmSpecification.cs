using System.Globalization;
using OutlierQuant.Quantizers;

namespace OutlierQuant.Eval.Comparison;

/// <summary>One arm of a comparison: a scheme and what it preserves.</summary>
/// <remarks>Written <c>scheme[@block][:preserve[:channels]]</c>, for example <c>w8a4-tensor-static:channels:4</c>, <c>w4a4-tensor-static:fold+channels</c> or <c>residual-int4@first:mean</c>. Without
/// <c>preserve</c> it is <c>none</c>; without <c>channels</c> they are those that the profile suggests. Only residual schemes take a block, which
/// is then the one block they round: a number, or <c>first</c> for the first massive block.</remarks>
/// <param name="Scheme">The scheme.</param>
/// <param name="Preserve">What becomes of the outlier channels, and whether the prefix is folded.</param>
/// <param name="Channels">How many; null for those that the profile suggests.</param>
/// <param name="Scope">Which blocks a residual scheme rounds.</param>
public sealed record ArmSpecification(Scheme Scheme, Preservation Preserve, int? Channels = null, ResidualScope Scope = default)
{
    /// <summary>Reads a comma-separated list of arms.</summary>
    /// <param name="list">For example <c>w8a8-tensor-static,w8a8-tensor-static:channels</c>.</param>
    /// <exception cref="ArgumentException">An arm is malformed, unknown or given twice; one line says which and what would be right.</exception>
    public static IReadOnlyList<ArmSpecification> ParseList(string list)
    {
        ArgumentNullException.ThrowIfNull(list);
        var arms = list.Split(',').Select(Parse).ToArray();
        var twice = arms.GroupBy(arm => arm).FirstOrDefault(group => group.Count() > 1);
        return twice is null ? arms : throw new ArgumentException($"The arm '{twice.Key}' is given twice; name each once.");
    }

    /// <summary>Reads one arm.</summary>
    /// <param name="text">For example <c>w8a4-tensor-static:channels:4</c>.</param>
    /// <exception cref="ArgumentException">The arm is malformed or unknown; one line says what would be right.</exception>
    public static ArmSpecification Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Trim().Split(':');
        if (parts[0].Length == 0 || parts.Length > 3)
        {
            throw new ArgumentException($"'{text}' is not an arm; write scheme[@block][:preserve[:channels]], for example w8a4-tensor-static:channels:4.");
        }

        var name = parts[0].Split('@');
        if (name.Length > 2)
        {
            throw new ArgumentException($"'{text}' names more than one block; write for example residual-int4@3.");
        }

        var scheme = Scheme.Parse(name[0]);
        var scope = name.Length == 1 ? default : ResidualScope.Parse(name[1]);
        if (name.Length == 2 && scheme.ResidualBits is null)
        {
            throw new ArgumentException($"'{text}' names a block, but only residual schemes round at a block; write {scheme.Name}.");
        }

        var preserve = parts.Length > 1 ? PreservationName.Parse(parts[1]) : Preservation.None;
        if (scheme.ReasonAgainst(preserve) is { } reason)
        {
            throw new ArgumentException($"'{text}': {reason}");
        }

        return new ArmSpecification(scheme, preserve, parts.Length > 2 ? ParseChannels(text, parts[2], preserve) : null, scope);
    }

    /// <summary>Returns the arm as <see cref="Parse"/> reads it.</summary>
    public override string ToString() =>
        $"{Scheme.Name}{Scope}:{PreservationName.Of(Preserve)}" + (Channels is { } channels ? string.Create(CultureInfo.InvariantCulture, $":{channels}") : "");

    private static int ParseChannels(string text, string channels, Preservation preserve)
    {
        if (preserve.WithoutFold() == Preservation.None)
        {
            throw new ArgumentException($"'{text}' gives a number of channels, but preserve {PreservationName.Of(preserve)} keeps none; leave the number out.");
        }

        return int.TryParse(channels, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new ArgumentException($"'{text}' asks for '{channels}' channels; give a positive whole number, or leave it out for those that the profile suggests.");
    }
}
