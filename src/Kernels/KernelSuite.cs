using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.FloatMatmul.Lanes;
using OutlierQuant.Kernels.GroupQuantize;
using OutlierQuant.Kernels.MachineCode;
using OutlierQuant.Kernels.RowQuantize;
using OutlierQuant.Kernels.TiledProduct.BF16;

namespace OutlierQuant.Kernels;

/// <summary>One implementation of each kernel, all for the same kind of hardware.</summary>
/// <remarks>Callers receive a suite and never ask what it runs on. This is the one place that decides which kernels run.</remarks>
public sealed record KernelSuite
{
    // Measured: with fewer tokens it takes longer to bring weights into tiles than to multiply them as they lie.
    private const int FewestRoundedTokens = 48;

    private static readonly KernelSuite[] _f32 = Create(FloatPrecision.F32);
    private static readonly KernelSuite[] _bf16 = [.. Create(FloatPrecision.BF16).Select(static suite => suite with { Precision = "bf16" })];

    /// <summary>Gets every suite, fastest first, available or not, at <see cref="FloatPrecision.F32"/>.</summary>
    public static IReadOnlyList<KernelSuite> All => _f32;

    /// <summary>Gets the scalar definitions that every other suite is tested against.</summary>
    public static KernelSuite Reference => _f32[^1];

    /// <summary>Gets the first available suite.</summary>
    public static KernelSuite Fastest { get; } = Choose();

    /// <summary>Gets the name that <c>--kernels</c>, tests and benchmark reports use.</summary>
    public required string Name { get; init; }

    /// <summary>Gets a value indicating whether this process can run the suite.</summary>
    public bool IsAvailable => UnavailableBecause is null;

    /// <summary>Gets why this process cannot run the suite, in one line; null when it can.</summary>
    public required string? UnavailableBecause { get; init; }

    /// <summary>Gets one line on what the suite runs on here: its name, a colon, and the instructions.</summary>
    public required string Description { get; init; }

    /// <summary>Gets how exactly products of floats may be computed, by the name that <c>--precision</c> and reports use: <c>f32</c> or <c>bf16</c>.</summary>
    public string Precision { get; private init; } = "f32";

    /// <summary>Gets the product of activations and a float weight matrix.</summary>
    public required IFloatMatmulKernel FloatMatmul { get; init; }

    /// <summary>Gets the rounding of one token's activations to integer codes. The same bits in every suite.</summary>
    public required IRowQuantizeKernel RowQuantize { get; init; }

    /// <summary>Gets the rounding of a weight row to integer codes. The same bits in every suite.</summary>
    public required IGroupQuantizeKernel GroupQuantize { get; init; }

    /// <summary>Gets the product of activations and packed weight codes.</summary>
    public required ICodeProductKernel CodeProduct { get; init; }

    /// <summary>Chooses a suite by name, or the fastest available one.</summary>
    /// <param name="name">A suite's name, or null or <c>auto</c> for the fastest.</param>
    /// <param name="precision">How exactly products of floats are computed.</param>
    /// <exception cref="ArgumentException">No suite has that name, or this process cannot run it.</exception>
    public static KernelSuite Choose(string? name = null, FloatPrecision precision = FloatPrecision.F32)
    {
        KernelSuite[] suites = precision switch
        {
            FloatPrecision.F32 => _f32,
            FloatPrecision.BF16 => _bf16,
            _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, $"There is no precision {precision}; there are F32 and BF16."),
        };
        if (name is null or "auto")
        {
            return suites.First(suite => suite.IsAvailable);
        }

        string runnable = $"this process can run auto, {string.Join(", ", suites.Where(suite => suite.IsAvailable).Select(suite => suite.Name))}";
        KernelSuite named = suites.FirstOrDefault(suite => suite.Name == name)
            ?? throw new ArgumentException($"There is no kernel suite '{name}'; {runnable}.", nameof(name));
        return named.IsAvailable
            ? named
            : throw new ArgumentException($"The kernel suite '{name}' cannot run: {named.UnavailableBecause}; {runnable}.", nameof(name));
    }

    private static KernelSuite[] Create(FloatPrecision precision)
    {
        string floats = precision == FloatPrecision.BF16 ? "; floats stay binary32" : "";
        return
        [
            Vectors(
                "amx",
                AmxPermission.RefusedBecause ?? VectorHardware.Avx512UnavailableBecause,
                $"int8 and bf16 tiles from 32 tokens on, {(precision == FloatPrecision.BF16 ? "floats rounded to bf16" : "floats in up to three bf16 parts")}; otherwise {VectorHardware.Avx512Integers}",
                new FloatMatmulTiles(BF16Product.Amx, new FloatMatmulLanes<Lanes512, Vector512<float>>(), precision),
                CodeProductSimd.Amx(precision)),
            Vectors(
                "avx512",
                VectorHardware.Avx512UnavailableBecause,
                VectorHardware.Avx512Integers + (Avx512Rounds(precision) ? "; floats rounded to bf16 from 48 tokens on" : floats),
                Avx512Rounds(precision)
                    ? new FloatMatmulTiles(BF16Product.Avx512, new FloatMatmulLanes<Lanes512, Vector512<float>>(), precision, FewestRoundedTokens)
                    : new FloatMatmulLanes<Lanes512, Vector512<float>>(),
                CodeProductSimd.Avx512(Avx512Rounds(precision) ? new FloatTiles(BF16Product.Avx512, precision, FewestRoundedTokens) : null)),
            Vectors(
                "avx2",
                VectorHardware.Avx2UnavailableBecause,
                VectorHardware.Avx2Integers + floats,
                new FloatMatmulLanes<Lanes256, Vector256<float>>(),
                CodeProductSimd.Avx2()),
            Vectors(
                "vector",
                null,
                VectorHardware.Portable + floats,
                Vector128.IsHardwareAccelerated ? new FloatMatmulLanes<Lanes128, Vector128<float>>() : new FloatMatmulLanes<SingleLane, float>(),
                CodeProductSimd.Portable()),
            new()
            {
                Name = "reference",
                UnavailableBecause = null,
                Description = "reference: the scalar definitions, slow on purpose",
                FloatMatmul = new FloatMatmulReference(),
                RowQuantize = new RowQuantizeReference(),
                GroupQuantize = new GroupQuantizeReference(),
                CodeProduct = new CodeProductReference(),
            },
        ];
    }

    // vdpbf16ps multiplies twice as fast as binary32: enough for one rounded product, not for the three to six of f32 accuracy.
    private static bool Avx512Rounds(FloatPrecision precision) => precision == FloatPrecision.BF16 && VectorHardware.Avx512BF16UnavailableBecause is null;

    private static KernelSuite Vectors(string name, string? unavailableBecause, string instructions, IFloatMatmulKernel floatMatmul, ICodeProductKernel codeProduct) => new()
    {
        Name = name,
        UnavailableBecause = unavailableBecause,
        Description = $"{name}: {instructions}",
        FloatMatmul = floatMatmul,
        RowQuantize = new RowQuantizeSimd(),
        GroupQuantize = new GroupQuantizeSimd(),
        CodeProduct = codeProduct,
    };
}
