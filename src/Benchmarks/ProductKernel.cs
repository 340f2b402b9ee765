using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Benchmarks;

/// <summary>A kind of product: what the activations are, and what the weights are.</summary>
/// <remarks>
/// A name is <c>activations×weights</c>. <c>int8</c> activations are codes of 8 bits; those of 4 bits are the same bytes and take the same time.
/// <c>-g128</c> is one weight scale for each 128 columns; without it, one for each output feature.
/// </remarks>
public sealed record ProductKernel
{
    /// <summary>Gets every kind that some scheme uses, and int4 in groups of 32 with int8 activations for comparison.</summary>
    public static IReadOnlyList<ProductKernel> All { get; } =
    [
        new() { Name = "float×f32", FloatWeights = FloatType.F32 },
        new() { Name = "float×bf16", FloatWeights = FloatType.BF16 },
        new() { Name = "float×f16", FloatWeights = FloatType.F16 },
        new() { Name = "int8×int8", CodeWeights = WeightFormat.Int8 },
        new() { Name = "int8×int4", CodeWeights = WeightFormat.Int4 },
        new() { Name = "int8×int4-g128", CodeWeights = WeightFormat.Int4, GroupSize = 128 },
        new() { Name = "int8×int4-g32", CodeWeights = WeightFormat.Int4, GroupSize = 32 },
        new() { Name = "int8×ternary", CodeWeights = WeightFormat.Ternary },
        new() { Name = "float×int8", CodeWeights = WeightFormat.Int8 },
        new() { Name = "float×int4-g128", CodeWeights = WeightFormat.Int4, GroupSize = 128 },
        new() { Name = "float×int4-g32", CodeWeights = WeightFormat.Int4, GroupSize = 32 },
        new() { Name = "float×ternary", CodeWeights = WeightFormat.Ternary },
    ];

    /// <summary>Gets the name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the type of float weights; null where the weights are codes.</summary>
    public FloatType? FloatWeights { get; private init; }

    /// <summary>Gets the packing of weight codes; null where the weights are floats.</summary>
    public WeightFormat? CodeWeights { get; private init; }

    /// <summary>Gets the columns that share a weight scale; null for one scale for each output feature.</summary>
    public int? GroupSize { get; private init; }

    /// <summary>Gets a value indicating whether the activations are codes.</summary>
    public bool HasIntegerActivations => Name.StartsWith("int8×", StringComparison.Ordinal);

    /// <summary>Finds the kinds whose names contain a text; <c>x</c> may be written for <c>×</c>.</summary>
    /// <exception cref="ArgumentException">There are none; the message lists all.</exception>
    public static IReadOnlyList<ProductKernel> Matching(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ProductKernel[] found = [.. All.Where(kernel => kernel.Name.Contains(text, StringComparison.OrdinalIgnoreCase) || kernel.Name.Replace('×', 'x').Contains(text, StringComparison.OrdinalIgnoreCase))];
        return found.Length > 0 ? found : throw new ArgumentException($"'{text}' is part of no kernel's name; the kernels are {string.Join(", ", All.Select(kernel => kernel.Name))}.", nameof(text));
    }

    /// <summary>Computes the weight scales of an output feature.</summary>
    internal int Groups(int inFeatures) => GroupSize is int size ? (inFeatures + size - 1) / size : 1;

    /// <summary>Computes the bytes of one output feature's weights: floats, or packed codes.</summary>
    internal long BytesPerOutFeature(int inFeatures) => (FloatWeights, CodeWeights) switch
    {
        (FloatType.F32, _) => sizeof(float) * (long)inFeatures,
        (not null, _) => sizeof(ushort) * (long)inFeatures,
        (_, { } format) => WeightPacking.BytesPerRow(format, inFeatures),
        _ => throw new InvalidOperationException($"'{Name}' has no weights."),
    };
}
