using System.Globalization;

namespace OutlierQuant.Eval.Attention;

/// <summary>Names one attention head.</summary>
/// <param name="Block">The block, from 0.</param>
/// <param name="Head">The query head in it, from 0.</param>
public readonly record struct HeadPlace(int Block, int Head)
{
    /// <summary>Writes it as <c>block.head</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Block}.{Head}");
}
