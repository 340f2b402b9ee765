using System.Globalization;

namespace OutlierQuant.Calibration.Folding;

/// <summary>Which tokens to fold: BOS alone, a list, or those that a search finds.</summary>
/// <remarks>Written <c>bos</c>, <c>auto</c>, or token ids separated by commas: the whole prefix in order, for example <c>15,0</c>.</remarks>
public sealed record FoldPrefixChoice
{
    private FoldPrefixChoice(bool isAuto, IReadOnlyList<int>? tokenIds)
    {
        IsAuto = isAuto;
        TokenIds = tokenIds;
    }

    /// <summary>Gets the choice of BOS alone.</summary>
    public static FoldPrefixChoice Bos { get; } = new(false, null);

    /// <summary>Gets the choice of <see cref="FoldSearch"/>.</summary>
    public static FoldPrefixChoice Auto { get; } = new(true, null);

    /// <summary>Gets whether the prefix is searched for.</summary>
    public bool IsAuto { get; }

    /// <summary>Gets the tokens of the prefix; null for BOS alone or a search.</summary>
    public IReadOnlyList<int>? TokenIds { get; }

    /// <summary>Returns the choice of given tokens.</summary>
    /// <param name="tokenIds">The whole prefix, in order; at least one token.</param>
    /// <exception cref="ArgumentException">There is no token.</exception>
    public static FoldPrefixChoice Of(IReadOnlyList<int> tokenIds)
    {
        ArgumentNullException.ThrowIfNull(tokenIds);
        return tokenIds.Count > 0 ? new(false, tokenIds) : throw new ArgumentException("A prefix to fold has at least one token.", nameof(tokenIds));
    }

    /// <summary>Reads <c>bos</c>, <c>auto</c> or a list.</summary>
    /// <param name="text">What the user wrote.</param>
    /// <exception cref="ArgumentException">It is none of them.</exception>
    public static FoldPrefixChoice Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text is "bos" or "auto")
        {
            return text == "bos" ? Bos : Auto;
        }

        List<int> ids = [];
        foreach (string word in text.Split(','))
        {
            if (!int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                throw new ArgumentException($"'{text}' is no prefix to fold; write bos, auto, or token ids separated by commas, the whole prefix in order, for example 15,0.");
            }

            ids.Add(id);
        }

        return Of(ids);
    }

    /// <summary>Returns the choice as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => IsAuto ? "auto" : TokenIds is null ? "bos" : string.Join(',', TokenIds);
}
