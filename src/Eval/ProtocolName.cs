namespace OutlierQuant.Eval;

/// <summary>The names of <see cref="PerplexityProtocol"/> on the command line and in json.</summary>
public static class ProtocolName
{
    /// <summary>Gets every name, in the order of the enumeration.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<PerplexityProtocol>().Select(Of)];

    /// <summary>Returns the name of a protocol.</summary>
    /// <param name="protocol">The protocol.</param>
    public static string Of(PerplexityProtocol protocol) => protocol switch
    {
        PerplexityProtocol.Windows => "windows",
        PerplexityProtocol.Strided => "strided",
        PerplexityProtocol.LlamaCpp => "llama.cpp",
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "Not a protocol."),
    };

    /// <summary>Finds a protocol by its name.</summary>
    /// <param name="name">A name as in <see cref="All"/>.</param>
    /// <exception cref="ArgumentException">There is no such protocol; the message lists all.</exception>
    public static PerplexityProtocol Parse(string name) =>
        Enum.GetValues<PerplexityProtocol>().Where(protocol => Of(protocol) == name).Select(protocol => (PerplexityProtocol?)protocol).FirstOrDefault()
        ?? throw new ArgumentException($"There is no protocol '{name}'. The protocols are {string.Join(", ", All)}.");
}
