namespace OutlierQuant.Quantizers;

/// <summary>The names of <see cref="Preservation"/> on the command line and in json: <c>none</c>, <c>channels</c>, <c>clip</c>, <c>mean</c>, <c>fold</c>, <c>fold+channels</c>.</summary>
public static class PreservationName
{
    /// <summary>Gets every name, in the order of the enumeration.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<Preservation>().Select(Of)];

    /// <summary>Returns the name of a preservation.</summary>
    /// <param name="preserve">What is kept.</param>
    public static string Of(Preservation preserve) => preserve switch
    {
        Preservation.None => "none",
        Preservation.Channels => "channels",
        Preservation.Clip => "clip",
        Preservation.Mean => "mean",
        Preservation.Fold => "fold",
        Preservation.FoldChannels => "fold+channels",
        _ => throw new ArgumentOutOfRangeException(nameof(preserve), preserve, "Not a preservation."),
    };

    /// <summary>Finds a preservation by its name.</summary>
    /// <param name="name">A name as in <see cref="All"/>, lower case.</param>
    /// <exception cref="ArgumentException">There is no such preservation; the message lists all.</exception>
    public static Preservation Parse(string name)
    {
        foreach (Preservation preserve in Enum.GetValues<Preservation>())
        {
            if (Of(preserve) == name)
            {
                return preserve;
            }
        }

        throw new ArgumentException($"There is no preservation '{name}'. The choices are {string.Join(", ", All)}.");
    }
}
