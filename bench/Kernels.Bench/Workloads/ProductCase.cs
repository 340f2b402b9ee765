using System.Globalization;
using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.Bench.Workloads;

/// <summary>A kind of product at one shape, and the work it amounts to.</summary>
internal sealed record ProductCase
{
    /// <summary>Gets the kinds with float weights.</summary>
    public static IReadOnlyList<string> FloatKinds { get; } = ["float×f32", "float×bf16", "float×f16"];

    /// <summary>Gets the kinds over weight codes.</summary>
    public static IReadOnlyList<string> CodeKinds { get; } =
        ["int8×int8", "float×int8", "int8×int4-g128", "float×int4-g128", "int8×ternary", "float×ternary"];

    /// <summary>Gets the shapes: the attention and the feed-forward matrices of a 7B Llama.</summary>
    public static IReadOnlyList<string> Shapes { get; } = ["4096x4096", "11008x4096"];

    /// <summary>Gets the numbers of tokens: generating, generating for several, and two sizes of prompt.</summary>
    public static IReadOnlyList<int> TokenCounts { get; } = [1, 8, 128, 512];

    public required string Kind { get; init; }

    public required int Rows { get; init; }

    public required int Columns { get; init; }

    public required int Tokens { get; init; }

    /// <summary>Gets a value indicating whether the activations are int8 codes.</summary>
    public bool HasIntegerActivations => Kind.StartsWith("int8×", StringComparison.Ordinal);

    /// <summary>Gets the type of float weights; null when the weights are codes.</summary>
    public FloatType? FloatWeights => Weights switch
    {
        "f32" => FloatType.F32,
        "bf16" => FloatType.BF16,
        "f16" => FloatType.F16,
        _ => null,
    };

    /// <summary>Gets the packing of weight codes.</summary>
    public WeightFormat CodeWeights => Weights switch
    {
        "int8" => WeightFormat.Int8,
        "int4-g128" => WeightFormat.Int4,
        "ternary" => WeightFormat.Ternary,
        _ => throw new InvalidOperationException($"'{Kind}' has no weight codes."),
    };

    /// <summary>Gets the columns that share a weight scale.</summary>
    public int GroupSize => Weights == "int4-g128" ? 128 : Columns;

    /// <summary>Gets the weight scales of a row.</summary>
    public int Groups => (Columns + GroupSize - 1) / GroupSize;

    /// <summary>Gets the bytes of the weights, codes and scales.</summary>
    public long WeightBytes => FloatWeights is FloatType type
        ? (long)Rows * Columns * (type == FloatType.F32 ? 4 : 2)
        : (long)Rows * (WeightPacking.BytesPerRow(CodeWeights, Columns) + (sizeof(float) * Groups));

    /// <summary>Gets the bytes that the product must move at least: weights and activations in, products out.</summary>
    public double Bytes => WeightBytes + ((double)Tokens * (((HasIntegerActivations ? 1 : sizeof(float)) * Columns) + (sizeof(float) * Rows)));

    /// <summary>Gets the operations of the product, two for each multiply-add.</summary>
    public double Operations => 2.0 * Rows * Columns * Tokens;

    private string Weights => Kind[(Kind.IndexOf('×', StringComparison.Ordinal) + 1)..];

    /// <summary>Makes a case from its names.</summary>
    /// <exception cref="ArgumentException">The kind is unknown, or the shape is not of the form rows x columns.</exception>
    public static ProductCase Parse(string kind, string shape, int tokens)
    {
        if (!FloatKinds.Concat(CodeKinds).Contains(kind))
        {
            throw new ArgumentException($"There is no kind of product '{kind}'; there are {string.Join(", ", FloatKinds.Concat(CodeKinds))}.", nameof(kind));
        }

        if (shape.Split('x') is not [string rows, string columns])
        {
            throw new ArgumentException($"'{shape}' is not a shape such as 4096x4096.", nameof(shape));
        }

        return new() { Kind = kind, Rows = int.Parse(rows, CultureInfo.InvariantCulture), Columns = int.Parse(columns, CultureInfo.InvariantCulture), Tokens = tokens };
    }
}
