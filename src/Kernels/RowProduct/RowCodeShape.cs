using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>What distinguishes one emitted function of <see cref="RowCode"/> from another.</summary>
/// <param name="Format">Packing of the weight codes.</param>
/// <param name="Grouping">How groups fall on steps.</param>
/// <param name="UnitsPerStep">Units that a step ends, where groups are fields; otherwise 1.</param>
/// <param name="HasOneStepGroups">Whether groups are one step.</param>
/// <param name="Planes">Vectors of a token: 1 for codes, 3 for floats.</param>
/// <param name="Tokens">Tokens of a call.</param>
/// <param name="Rows">Rows of a block.</param>
internal readonly record struct RowCodeShape(WeightFormat Format, RowGrouping Grouping, int UnitsPerStep, bool HasOneStepGroups, int Planes, int Tokens, int Rows)
{
    /// <summary>Gets the number of vectors of activations.</summary>
    public int Vectors => Planes * Tokens;

    /// <summary>Gets the fields of a step.</summary>
    public int Fields => WeightPacking.CodesPerByte(Format);

    /// <summary>Gets a value indicating whether sums are scaled in every step.</summary>
    public bool EndsEveryStep => Grouping == RowGrouping.Fields || HasOneStepGroups;

    /// <summary>Makes the shape for a layout.</summary>
    public static RowCodeShape Of(RowLayout layout, int planes, int tokens, int rows) => new(
        layout.Format, layout.Grouping, layout.UnitsPerStep, layout.Grouping == RowGrouping.Steps && layout.GroupSteps == 1, planes, tokens, rows);
}
