using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.GroupQuantize;
using OutlierQuant.Kernels.RowQuantize;

namespace OutlierQuant.Kernels;

/// <summary>One implementation of each kernel, all for the same kind of hardware.</summary>
/// <remarks>Callers receive a suite and never ask what it runs on.</remarks>
public sealed record KernelSuite
{
    /// <summary>Gets the scalar definitions that every other suite is tested against.</summary>
    public static KernelSuite Reference { get; } = new()
    {
        Name = "reference",
        IsAvailable = true,
        Description = "reference: the scalar definitions, slow on purpose",
        FloatMatmul = new FloatMatmulReference(),
        RowQuantize = new RowQuantizeReference(),
        GroupQuantize = new GroupQuantizeReference(),
        CodeProduct = new CodeProductReference(),
    };

    /// <summary>Gets the vector implementations; without vector hardware they run one lane at a time.</summary>
    public static KernelSuite Simd { get; } = new()
    {
        Name = "simd",
        IsAvailable = true,
        Description = VectorHardware.Describe(),
        FloatMatmul = new FloatMatmulSimd(),
        RowQuantize = new RowQuantizeSimd(),
        GroupQuantize = new GroupQuantizeSimd(),
        CodeProduct = new CodeProductSimd(),
    };

    /// <summary>Gets every suite, fastest first.</summary>
    public static IReadOnlyList<KernelSuite> All { get; } = [Simd, Reference];

    /// <summary>Gets the name that <c>--kernels</c>, tests and benchmark reports use.</summary>
    public required string Name { get; init; }

    /// <summary>Gets a value indicating whether this process can run the suite.</summary>
    public required bool IsAvailable { get; init; }

    /// <summary>Gets one line on what the suite runs on here.</summary>
    public required string Description { get; init; }

    /// <summary>Gets the product of activations and a float weight matrix.</summary>
    public required IFloatMatmulKernel FloatMatmul { get; init; }

    /// <summary>Gets the rounding of one token's activations to integer codes.</summary>
    public required IRowQuantizeKernel RowQuantize { get; init; }

    /// <summary>Gets the rounding of a weight row to integer codes.</summary>
    public required IGroupQuantizeKernel GroupQuantize { get; init; }

    /// <summary>Gets the product of activations and packed weight codes.</summary>
    public required ICodeProductKernel CodeProduct { get; init; }

    /// <summary>Chooses a suite by name, or the fastest available one.</summary>
    /// <param name="name">A suite's name, or null or <c>auto</c> for the fastest.</param>
    /// <exception cref="ArgumentException">No available suite has that name.</exception>
    public static KernelSuite Choose(string? name = null)
    {
        bool any = name is null or "auto";
        return All.FirstOrDefault(suite => suite.IsAvailable && (any || suite.Name == name))
            ?? throw new ArgumentException($"There is no available kernel suite '{name}'; this process can run auto, {string.Join(", ", All.Where(suite => suite.IsAvailable).Select(suite => suite.Name))}.", nameof(name));
    }
}
