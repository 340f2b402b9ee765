using System.Globalization;

namespace OutlierQuant.Eval.Comparison;

/// <summary>Which blocks' outputs a residual scheme rounds: every one, a given one, or the first massive one. The default is every block.</summary>
public readonly record struct ResidualScope
{
    private ResidualScope(bool isFirstMassive, int? block)
    {
        IsFirstMassive = isFirstMassive;
        Block = block;
    }

    /// <summary>Gets the scope of the first massive block, which a profile names.</summary>
    public static ResidualScope FirstMassive => new(true, null);

    /// <summary>Gets whether it is the first massive block, or that of the strongest candidates.</summary>
    public bool IsFirstMassive { get; }

    /// <summary>Gets the one block, from 0; null for every block or for the first massive one.</summary>
    public int? Block { get; }

    /// <summary>Returns the scope of one block.</summary>
    /// <param name="block">The block, from 0.</param>
    public static ResidualScope At(int block) => new(false, block);

    /// <summary>Puts the number of the first massive block in its place.</summary>
    /// <param name="firstMassiveBlock">That block.</param>
    public ResidualScope Resolve(int firstMassiveBlock) => IsFirstMassive ? At(firstMassiveBlock) : this;

    /// <summary>Reads a block number or <c>first</c>.</summary>
    /// <param name="text">What follows the <c>@</c>.</param>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static ResidualScope Parse(string text) =>
        text == "first" ? FirstMassive
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var block) ? At(block)
        : throw new ArgumentException($"'@{text}' is not a block; write a block number from 0, or @first for the first massive block.");

    /// <summary>Returns <c>@first</c>, <c>@</c> and the number, or nothing for every block.</summary>
    public override string ToString() => IsFirstMassive ? "@first" : Block is { } block ? string.Create(CultureInfo.InvariantCulture, $"@{block}") : "";
}
