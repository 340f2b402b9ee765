using OutlierQuant.Checkpoints;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Models.Linears;

/// <summary>The stored form of a quantized weight matrix, in managed or mapped memory.</summary>
/// <param name="Format">Packing of the codes.</param>
/// <param name="Rows">Number of output features.</param>
/// <param name="Columns">Number of input features.</param>
/// <param name="GroupSize">Consecutive columns of one row that share a scale; <paramref name="Columns"/> for one scale per row.</param>
/// <param name="Codes">Packed codes, 0 in preserved columns. Shape <c>[rows, WeightPacking.BytesPerRow(format, columns)]</c>.</param>
/// <param name="Scales">Step size of each group, finite and positive. Shape <c>[rows, ceil(columns / groupSize)]</c>.</param>
/// <param name="PreservedChannels">Input channels that stay in float: sorted and distinct. Shape <c>[preserved]</c>.</param>
/// <param name="PreservedColumns">Weights of those channels, widened to float. Shape <c>[rows, preserved]</c>.</param>
/// <param name="PreservedType">Float type that the preserved columns have in a file; they hold no more than it can.</param>
public sealed record QuantizedWeights(
    WeightFormat Format,
    int Rows,
    int Columns,
    int GroupSize,
    ReadOnlyMemory<byte> Codes,
    ReadOnlyMemory<float> Scales,
    int[] PreservedChannels,
    ReadOnlyMemory<float> PreservedColumns,
    TensorType PreservedType)
{
    /// <summary>Gets the number of scales in a row: <c>ceil(columns / groupSize)</c>.</summary>
    public int Groups => (Columns + GroupSize - 1) / GroupSize;

    /// <summary>Gets the bytes that codes, scales and preserved columns take in a file.</summary>
    public long ByteSize =>
        Codes.Length + (4L * Scales.Length) + (4L * PreservedChannels.Length) + (PreservedColumns.Length * (PreservedType == TensorType.F32 ? 4L : 2L));

    /// <summary>Gives the weights to a kernel.</summary>
    public PackedWeights AsPacked() => new()
    {
        Format = Format,
        Rows = Rows,
        Columns = Columns,
        GroupSize = GroupSize,
        Codes = Codes.Span,
        Scales = Scales.Span,
        PreservedChannels = PreservedChannels,
        PreservedColumns = PreservedColumns.Span,
    };

    /// <summary>Throws unless the shapes agree, the scales are finite and positive, and the preserved channels are sorted, distinct and in range.</summary>
    /// <exception cref="ArgumentException">They are not; the message says where and what is required.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Columns);
        if (GroupSize < 1 || GroupSize > Columns)
        {
            throw new ArgumentException($"The group size is {GroupSize}; a row of {Columns} columns needs 1 to {Columns}.");
        }

        RequireLength(nameof(Codes), Codes.Length, (long)Rows * WeightPacking.BytesPerRow(Format, Columns));
        RequireLength(nameof(Scales), Scales.Length, (long)Rows * Groups);
        ChannelList.Validate(PreservedChannels, Columns, "preserved");
        RequireLength(nameof(PreservedColumns), PreservedColumns.Length, (long)Rows * PreservedChannels.Length);
        if (PreservedType is not (TensorType.F32 or TensorType.F16 or TensorType.BF16))
        {
            throw new ArgumentException($"Preserved columns are {PreservedType}; F32, F16 or BF16 is required.");
        }

        ReadOnlySpan<float> scales = Scales.Span;
        for (int i = 0; i < scales.Length; i++)
        {
            if (!(float.IsFinite(scales[i]) && scales[i] > 0))
            {
                throw new ArgumentException($"The scale of row {i / Groups}, group {i % Groups} is {scales[i]}; it must be finite and above 0.");
            }
        }
    }

    private void RequireLength(string part, long actual, long required)
    {
        if (actual != required)
        {
            throw new ArgumentException($"{part} has length {actual}; [{Rows}, {Columns}] {Format} in groups of {GroupSize} needs {required}.");
        }
    }
}
