using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>How a packed row is taken apart: steps of 64 bytes, which are two blocks of <see cref="WeightPacking"/>, and fields of a step.</summary>
/// <remarks>
/// <para>One mask or shift of the 64 bytes gives a field: 32 neighbouring columns of the first block, then 32 of the second. Activations are laid out in the same order
/// (<see cref="RowActivations"/>), so no weight is ever shuffled:</para>
/// <code>
///               lanes 0–7 (bytes 0–31)       lanes 8–15 (bytes 32–63)
/// int8          columns 0–31                 32–63
/// int4  field 0 columns 0–31                 64–95
///       field 1 columns 32–63                96–127
/// ternary 0     columns 0–31                 128–159
///         …     …                            …
///         3     columns 96–127               224–255
/// </code>
/// <para>A <b>unit</b> is what is summed in integers before it is scaled: a group, or two groups side by side, one in the lanes 0–7 and one in the lanes 8–15.</para>
/// </remarks>
internal readonly record struct RowLayout
{
    /// <summary>Bytes of a step.</summary>
    public const int StepBytes = 64;

    /// <summary>32-bit lanes of a vector of sums.</summary>
    public const int Lanes = StepBytes / sizeof(int);

    private const int Slice = WeightPacking.SliceColumns;

    /// <summary>Gets the packing of the codes.</summary>
    public required WeightFormat Format { get; init; }

    /// <summary>Gets the steps of a row; of the last one, only the first half may be there.</summary>
    public required int Steps { get; init; }

    /// <summary>Gets the bytes of the last step: 32 or 64.</summary>
    public required int LastBytes { get; init; }

    /// <summary>Gets how groups fall on steps.</summary>
    public required RowGrouping Grouping { get; init; }

    /// <summary>Gets the groups of a row.</summary>
    public required int Groups { get; init; }

    /// <summary>Gets the steps of every group but the last; 1 for groups of fields, and of no meaning for whole rows.</summary>
    public required int GroupSteps { get; init; }

    /// <summary>Gets the units that a step ends: its fields over those of a group; 1 for groups of whole steps.</summary>
    public required int UnitsPerStep { get; init; }

    /// <summary>Gets the fields of a step: 1, 2 or 4.</summary>
    public int Fields => WeightPacking.CodesPerByte(Format);

    /// <summary>Gets the columns of a step.</summary>
    public int StepColumns => StepBytes * Fields;

    /// <summary>Gets the units of a row: how often sums start anew.</summary>
    public int Units => Grouping switch
    {
        RowGrouping.Whole => 1,
        RowGrouping.Steps => Groups,
        _ => Steps * UnitsPerStep,
    };

    /// <summary>Gets the scales that a step of groups of fields uses.</summary>
    public int ScalesPerStep => 2 * UnitsPerStep;

    /// <summary>Gets the steps of the last group.</summary>
    public int LastGroupSteps => Grouping == RowGrouping.Whole ? Steps : Steps - ((Groups - 1) * GroupSteps);

    /// <summary>Gets the scales that the last step of groups of fields uses.</summary>
    public int LastScales => Groups - (ScalesPerStep * (Steps - 1));

    /// <summary>Gets the fields of a unit, counted over its steps; the last unit of a row may have fewer.</summary>
    public int FieldsPerUnit => Grouping switch
    {
        RowGrouping.Whole => Steps * Fields,
        RowGrouping.Steps => GroupSteps * Fields,
        _ => Fields / UnitsPerStep,
    };

    /// <summary>Finds the layout of a matrix; null where groups do not end where fields do, or there are no columns.</summary>
    public static RowLayout? Of(WeightFormat format, int columns, int groupSize)
    {
        if (columns == 0)
        {
            return null;
        }

        int rowBytes = WeightPacking.BytesPerRow(format, columns), fields = WeightPacking.CodesPerByte(format);
        int stepColumns = StepBytes * fields, blockColumns = stepColumns / 2;
        bool isWhole = groupSize >= columns, isSteps = groupSize % stepColumns == 0;
        if (!isWhole && !isSteps && (groupSize % Slice != 0 || blockColumns % groupSize != 0))
        {
            return null;
        }

        int steps = (rowBytes + StepBytes - 1) / StepBytes;
        return new()
        {
            Format = format,
            Steps = steps,
            LastBytes = rowBytes - ((steps - 1) * StepBytes),
            Grouping = isWhole ? RowGrouping.Whole : isSteps ? RowGrouping.Steps : RowGrouping.Fields,
            Groups = isWhole ? 1 : (columns + groupSize - 1) / groupSize,
            GroupSteps = isWhole || !isSteps ? 1 : groupSize / stepColumns,
            UnitsPerStep = isWhole || isSteps ? 1 : blockColumns / groupSize,
        };
    }
}
