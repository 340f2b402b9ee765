namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>The character classes of Oniguruma as the inside of a class of .NET.</summary>
internal static class OnigurumaClasses
{
    /// <summary><c>\w</c> in a set: letters, marks, decimal digits, letter numbers, connectors and circled letters.</summary>
    public const string WordInSet = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u24B6-\u24E9";

    /// <summary><c>\w</c> by itself, where Oniguruma also counts the superscripts and fractions of Latin-1.</summary>
    public const string Word = WordInSet + @"\u00B2\u00B3\u00B9\u00BC-\u00BE";

    /// <summary><c>\h</c>, which in Oniguruma is a hexadecimal digit.</summary>
    public const string HexadecimalDigit = "0-9a-fA-F";

    private static readonly string[] Categories =
    [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cn",
    ];

    /// <summary>Whether a character belongs to <see cref="Word"/> only by being listed.</summary>
    public static bool IsOddWordCharacter(char character) => character is '\u00B2' or '\u00B3' or '\u00B9' or (>= '\u00BC' and <= '\u00BE');

    /// <summary>A property as .NET writes it, or null for one that is not a general category.</summary>
    /// <param name="name">What stands between the braces; a leading <c>^</c> negates.</param>
    /// <param name="isNegated">Whether it was introduced by <c>\P</c>.</param>
    public static string? Property(string name, bool isNegated)
    {
        bool hasCaret = name.StartsWith('^');
        string category = hasCaret ? name[1..] : name;
        string letter = isNegated != hasCaret ? "P" : "p";
        return Categories.Contains(category) ? $@"\{letter}{{{category}}}" : null;
    }
}
