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

    /// <summary>Gets a value indicating whether the planes of a token are added up in integers, one after the other in the same sums: short units fit in 32 bits.</summary>
    public bool AddsPlanes => Planes > 1 && EndsEveryStep;

    /// <summary>Gets the sums of a row.</summary>
    public int SumsPerRow => AddsPlanes ? Tokens : Vectors;

    /// <summary>Gets the fields of a step that are summed before sums are scaled.</summary>
    public int FieldsPerUnit => Fields / UnitsPerStep;

    /// <summary>Gets the vectors of totals of the groups, kept beside the sums.</summary>
    public int Totals => Grouping == RowGrouping.Whole ? 0 : Rows * Tokens;

    /// <summary>Gets the vectors that hold fields.</summary>
    public int FieldVectors => AddsPlanes ? Rows * FieldsPerUnit : 2;

    /// <summary>Gets the vectors that hold activations; one row reads them from memory.</summary>
    public int ActivationVectors => AddsPlanes ? 1 : Rows > 1 ? Vectors : 0;

    /// <summary>Gets the vectors of lane indices.</summary>
    public int IndexVectors => Grouping == RowGrouping.Fields ? UnitsPerStep : 0;

    /// <summary>Gets a value indicating whether the registers suffice: 32 in all, and horizontal sums have no form for the upper half.</summary>
    public bool HasRegisters =>
        Totals + (Rows * SumsPerRow) + Rows + ActivationVectors + FieldVectors + IndexVectors + 2 <= 32 && (Totals > 0 ? Totals : Rows * SumsPerRow) <= 16;

    /// <summary>Makes the shape of the most rows, up to four, that have registers for their sums.</summary>
    public static RowCodeShape OfMostRows(RowLayout layout, int planes, int tokens)
    {
        RowCodeShape shape = Of(layout, planes, tokens, 4);
        while (!shape.HasRegisters)
        {
            shape = shape with { Rows = shape.Rows / 2 };
        }

        return shape;
    }

    /// <summary>Makes the shape for a layout.</summary>
    public static RowCodeShape Of(RowLayout layout, int planes, int tokens, int rows) => new(
        layout.Format, layout.Grouping, layout.UnitsPerStep, layout.Grouping == RowGrouping.Steps && layout.GroupSteps == 1, planes, tokens, rows);
}
