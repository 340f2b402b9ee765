namespace OutlierQuant.Eval.Attention;

/// <summary>A kind of key that is a sink: some head's mean α over its occurrences exceeds ε.</summary>
public sealed record SinkToken
{
    /// <summary>Gets what makes it a sink.</summary>
    public required SinkKind Kind { get; init; }

    /// <summary>Gets what it is called in tables: <c>&lt;|bos|&gt; at position 0</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the token's id, for <see cref="SinkKind.Token"/> only.</summary>
    public required int? TokenId { get; init; }

    /// <summary>Gets how often it occurred in the sink metric's windows.</summary>
    public required int Occurrences { get; init; }

    /// <summary>Gets the share of its occurrences and of all heads with <c>α &gt; ε</c>.</summary>
    public required double SinkRate { get; init; }

    /// <summary>Gets the number of heads whose mean α exceeds ε.</summary>
    public required int HeadsOver { get; init; }

    /// <summary>Gets the head with the largest mean α.</summary>
    public required HeadPlace Strongest { get; init; }

    /// <summary>Gets that mean α.</summary>
    public required double StrongestAlpha { get; init; }
}
