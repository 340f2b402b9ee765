using OutlierQuant.Kernels;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Quantizers;

/// <summary>What the numbers of a quantized model are: the width and granularity of its weights, activations and residual stream.</summary>
/// <remarks>
/// <para>A name reads from left to right: <c>w4a8-token-g128</c> has 4-bit weights with a scale for each 128 columns, and 8-bit activations with
/// a scale for each token. Without a <c>-g</c> suffix a weight scale covers one output channel.</para>
/// <para>Activation granularities: <c>tensor-static</c> takes one scale per linear from a calibration profile, <c>tensor</c> one at run time over all
/// tokens of a window, <c>token</c> one at run time for each token. <c>a16</c> leaves activations in float.</para>
/// <para><c>residual-int8</c> and <c>residual-int4</c> leave every linear in float and round the output of each block with one static scale, as
/// integer-only accelerators do. They are the only schemes that are fake-quantized: the rounded stream is carried as floats.</para>
/// <para><see cref="FullPrecision"/> rounds nothing: with a fold, it makes a checkpoint in full precision whose prefix is folded.</para>
/// <para>Ternary is the rule of BitNet b1.58 (Ma et al. 2024, arXiv:2402.17764, equations 1 to 3) applied after training, with one
/// scale per output channel or group instead of one per matrix.</para>
/// </remarks>
public sealed record Scheme
{
    private Scheme(string name) => Name = name;

    /// <summary>Gets the scheme that rounds nothing, which means something with <see cref="Preservation.Fold"/> only.</summary>
    public static Scheme FullPrecision { get; } = new("float");

    /// <summary>Gets every scheme that rounds something, in the order of tables.</summary>
    public static IReadOnlyList<Scheme> All { get; } =
    [
        OfWeights("w8a16", WeightFormat.Int8),
        OfWeights("w4a16", WeightFormat.Int4),
        OfWeights("w4a16-g128", WeightFormat.Int4, 128),
        OfWeights("w4a16-g64", WeightFormat.Int4, 64),
        OfWeights("w4a16-g32", WeightFormat.Int4, 32),
        OfWeights("w8a8-tensor-static", WeightFormat.Int8).WithActivations(ActivationGranularity.TensorStatic, 8),
        OfWeights("w8a8-tensor", WeightFormat.Int8).WithActivations(ActivationGranularity.Tensor, 8),
        OfWeights("w8a8-token", WeightFormat.Int8).WithActivations(ActivationGranularity.Token, 8),
        OfWeights("w4a8-token-g128", WeightFormat.Int4, 128).WithActivations(ActivationGranularity.Token, 8),
        OfWeights("w8a4-tensor-static", WeightFormat.Int8).WithActivations(ActivationGranularity.TensorStatic, 4),
        OfWeights("w8a4-token", WeightFormat.Int8).WithActivations(ActivationGranularity.Token, 4),
        OfWeights("w4a4-tensor-static", WeightFormat.Int4).WithActivations(ActivationGranularity.TensorStatic, 4),
        OfWeights("w4a4-token", WeightFormat.Int4).WithActivations(ActivationGranularity.Token, 4),
        OfResidualStream("residual-int8", 8),
        OfResidualStream("residual-int4", 4),
        OfWeights("ternary-a16", WeightFormat.Ternary),
        OfWeights("ternary-a16-g128", WeightFormat.Ternary, 128),
        OfWeights("ternary-a8-token", WeightFormat.Ternary).WithActivations(ActivationGranularity.Token, 8),
        OfWeights("ternary-a8-token-g128", WeightFormat.Ternary, 128).WithActivations(ActivationGranularity.Token, 8),
    ];

    /// <summary>Gets the name used on the command line and in json.</summary>
    public string Name { get; }

    /// <summary>Gets the packing of the weight codes; null where weights stay in float.</summary>
    public WeightFormat? Weights { get; private init; }

    /// <summary>Gets the number of columns that share a weight scale; null for one scale per output channel.</summary>
    public int? GroupSize { get; private init; }

    /// <summary>Gets which activations share a scale.</summary>
    public ActivationGranularity Activation { get; private init; } = ActivationGranularity.Float;

    /// <summary>Gets the width of an activation: 4 or 8, and 16 for float.</summary>
    public int ActivationBits { get; private init; } = 16;

    /// <summary>Gets the width of each value between blocks, 4 or 8; null where the residual stream stays in float.</summary>
    public int? ResidualBits { get; private init; }

    /// <summary>Finds a scheme by its name.</summary>
    /// <param name="name">A name as in <see cref="All"/>, lower case, or <c>float</c>.</param>
    /// <exception cref="ArgumentException">There is no such scheme; the message lists all.</exception>
    public static Scheme Parse(string name) =>
        All.Append(FullPrecision).FirstOrDefault(scheme => scheme.Name == name)
        ?? throw new ArgumentException($"There is no scheme '{name}'. The schemes are {string.Join(", ", All.Append(FullPrecision).Select(scheme => scheme.Name))}.");

    /// <summary>Says why a preservation means nothing with this scheme.</summary>
    /// <param name="preserve">What is kept.</param>
    /// <returns>One line, or null when the pair is allowed.</returns>
    public string? ReasonAgainst(Preservation preserve) =>
        Name == FullPrecision.Name && preserve != Preservation.Fold ? $"Scheme {Name} rounds nothing, so there is nothing to preserve from it; use fold, or a scheme that rounds."
        : preserve == Preservation.Clip && ResidualBits is null && Activation == ActivationGranularity.Float
            ? $"Preserve clip saturates activations, and scheme {Name} leaves activations in float; use none, channels, mean, fold or fold+channels."
        : null;

    /// <summary>Says what a calibration profile is needed for.</summary>
    /// <param name="preserve">What is kept.</param>
    /// <returns>A phrase such as <c>static activation scales</c>, or null when no profile is needed.</returns>
    public string? NeedsProfileFor(Preservation preserve) => (this, preserve.WithoutFold()) switch
    {
        ({ ResidualBits: not null }, _) => "the scale of each block's output",
        ({ Activation: ActivationGranularity.TensorStatic }, _) => "static activation scales",
        (_, Preservation.None) => null,
        (_, Preservation.Mean) => "the channels to replace and their means",
        _ => "the channels that hold outliers",
    };

    private static Scheme OfWeights(string name, WeightFormat weights, int? groupSize = null) =>
        new(name) { Weights = weights, GroupSize = groupSize };

    private static Scheme OfResidualStream(string name, int bits) => new(name) { ResidualBits = bits };

    private Scheme WithActivations(ActivationGranularity granularity, int bits) =>
        this with { Activation = granularity, ActivationBits = bits };
}
