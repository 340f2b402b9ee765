namespace OutlierQuant.Kernels.Devices;

/// <summary>Where the heads of some tokens lie in a projection, and where they go.</summary>
/// <remarks>Head h of token t begins at <c>source[t · SourceStride + SourceOffset + h · HeadSize]</c> and goes to row
/// <c>(h / Group) · OuterStride + FirstRow + t · Group + h mod Group</c> of the destination, whose rows have <c>HeadSize</c> values. So queries come together by the
/// key and value head that they read (group: the query heads of one), and keys and values go behind those of earlier positions (group 1).</remarks>
public readonly record struct DeviceHeads
{
    /// <summary>Gets the number of tokens.</summary>
    public required int Tokens { get; init; }

    /// <summary>Gets the number of heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Gets the width of a head; even where heads are rotated.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Gets the values of a row of the source.</summary>
    public required int SourceStride { get; init; }

    /// <summary>Gets the first value of head 0 in a row of the source.</summary>
    public required int SourceOffset { get; init; }

    /// <summary>Gets the number of consecutive heads whose rows alternate.</summary>
    public required int Group { get; init; }

    /// <summary>Gets the rows from one group of heads to the next.</summary>
    public required int OuterStride { get; init; }

    /// <summary>Gets the row of token 0 in a group of heads.</summary>
    public required int FirstRow { get; init; }
}
