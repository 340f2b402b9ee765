using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OutlierQuant.Kernels.CodeProduct.Steps;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.FloatMatmul.Lanes;
using OutlierQuant.Kernels.RowProduct;
using OutlierQuant.Kernels.TiledProduct.BF16;
using OutlierQuant.Kernels.TiledProduct.Int8;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Products over packed codes with the vector instructions of this processor.</summary>
/// <remarks>
/// <para>Few tokens go by rows, which read the weights once in order; more go by tiles or panels, which use what they load several times.
/// Activation codes multiply in integers, float activations in binary32.</para>
/// <para>Activation codes with groups that are not a multiple of 32 columns, which no scheme makes, go to <see cref="CodeProductReference"/>.</para>
/// </remarks>
public sealed class CodeProductSimd : ICodeProductKernel
{
    private static readonly CodeProductReference _anyGroup = new();

    private readonly IIntegerRoute[] _integerRoutes;
    private readonly IFloatRoute[] _floatRoutes;
    private readonly FloatTiles? _floatTiles;

    /// <summary>Initializes the kernel with given routes; of each kind, the first that takes a number of tokens and the groups is used.</summary>
    /// <param name="integerRoutes">For codes, few tokens first.</param>
    /// <param name="floatRoutes">For floats, few tokens first; the last takes everything.</param>
    /// <param name="floatTiles">For many tokens of floats, where the processor has bf16 tiles.</param>
    internal CodeProductSimd(IIntegerRoute[] integerRoutes, IFloatRoute[] floatRoutes, FloatTiles? floatTiles = null)
    {
        _integerRoutes = integerRoutes;
        _floatRoutes = floatRoutes;
        _floatTiles = floatTiles;
    }

    /// <inheritdoc/>
    public int RowGranularity => TileLayout.PairRows;

    /// <inheritdoc/>
    public bool NeedsOwnThreads(WeightFormat format, bool integerActivations, int tokens) => integerActivations
        ? _integerRoutes.Any(route => route.NeedsOwnThreads && tokens >= route.FewestTokens)
        : _floatTiles is not null && _floatTiles.NeedsOwnThreads(tokens);

    /// <inheritdoc/>
    public PreparedCodes? ReserveCodes(int tokens, PackedWeights weights) => IntegerRoute(weights, tokens)?.ReserveCodes(tokens, weights);

    /// <inheritdoc/>
    public string Describe(PackedWeights weights, bool integerActivations, int tokens) => CodeProductName.Of(
        weights.Format,
        integerActivations,
        integerActivations ? IntegerRoute(weights, tokens)?.Name ?? "reference"
        : _floatTiles is not null && _floatTiles.Takes(tokens, weights) ? _floatTiles.Name
        : FloatRoute(weights, tokens).Name);

    /// <inheritdoc/>
    public void Multiply(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        CodeProductShape.Check(source, weights, firstRow, rowCount, destination);
        if (source.Scales.Length == 0)
        {
            return;
        }

        if (IntegerRoute(weights, source.Scales.Length) is IIntegerRoute route)
        {
            route.Multiply(source, weights, firstRow, rowCount, destination);
        }
        else
        {
            _anyGroup.Multiply(source, weights, firstRow, rowCount, destination);
        }
    }

    /// <inheritdoc/>
    public PreparedFloats? Reserve(int tokens, PackedWeights weights) =>
        _floatTiles is not null && _floatTiles.Takes(tokens, weights) ? _floatTiles.Reserve(tokens, weights) : FloatRoute(weights, tokens).Reserve(tokens, weights);

    /// <inheritdoc/>
    public void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination, PreparedFloats? prepared = null)
    {
        CodeProductShape.Check(source, tokens, weights, firstRow, rowCount, destination);
        if (_floatTiles is not null && _floatTiles.Takes(tokens, weights))
        {
            if (!_floatTiles.TryMultiply(source, tokens, weights, firstRow, rowCount, destination, prepared))
            {
                FloatRoute(weights, tokens).Multiply(source, tokens, weights, firstRow, rowCount, destination, null);
            }
        }
        else if (tokens > 0)
        {
            FloatRoute(weights, tokens).Multiply(source, tokens, weights, firstRow, rowCount, destination, prepared);
        }
    }

    // Both choose by shape alone, so that a product takes one route whatever rows are asked for.
    private IFloatRoute FloatRoute(PackedWeights weights, int tokens)
    {
        foreach (IFloatRoute route in _floatRoutes)
        {
            if (tokens <= route.MostTokens(weights))
            {
                return route;
            }
        }

        return _floatRoutes[^1];
    }

    private IIntegerRoute? IntegerRoute(PackedWeights weights, int tokens)
    {
        foreach (IIntegerRoute route in _integerRoutes)
        {
            if (tokens >= route.FewestTokens && route.Fits(weights) && tokens <= route.MostTokens(weights))
            {
                return route;
            }
        }

        return null;
    }

    /// <summary>Creates the kernel of tile registers; what they do not take goes the way of 512-bit vectors.</summary>
    /// <param name="precision">How exactly products with float activations are computed.</param>
    internal static CodeProductSimd Amx(FloatPrecision precision) => new(
        [.. Avx512Rows(), new TiledIntegerRoute(AmxTiles.Int8, 32), .. Avx512Tiles()], Avx512Floats(), new FloatTiles(BF16Product.Amx, precision));

    /// <summary>Creates the kernel of 512-bit vectors, with emitted vpdpbusd where the processor has it.</summary>
    /// <param name="floatTiles">For many tokens of floats that may be rounded to bf16, where the processor multiplies these faster.</param>
    internal static CodeProductSimd Avx512(FloatTiles? floatTiles) => new([.. Avx512Rows(), .. Avx512Tiles()], Avx512Floats(), floatTiles);

    /// <summary>Creates the kernel of 256-bit vectors, with AVX-VNNI where the processor has it.</summary>
    internal static CodeProductSimd Avx2()
    {
        // Measured, 4096 × 4096: a panel of dequantized rows is in the second-level cache already, so turning it for tiles pays sooner than with weights from memory.
        FloatMatmulLanes<Lanes256, Vector256<float>> matmul = new(tiledFromTokens: 36);
        return new([Avx2Row(), .. Avx2Tiles()], [Avx2FloatRow(), new FloatPanels("avx2", matmul)]);
    }

    /// <summary>Creates the kernel of portable 128-bit vectors; without vector hardware they run one lane at a time.</summary>
    internal static CodeProductSimd Portable() => new(
        [new IntegerRow<Vector128ByteStep, Vector128<byte>, Vector128<int>, Vector128<float>>(), new IntegerTile<Vector128ByteStep, Vector128<byte>, Vector128<int>, Vector128<float>>()],
        [
            new FloatRow<Fields128, Vector128<int>, Lanes128, Vector128<float>>(Vector128ByteStep.Name),
            new FloatPanels(
                Vector128ByteStep.Name,
                Vector128.IsHardwareAccelerated ? new FloatMatmulLanes<Lanes128, Vector128<float>>() : new FloatMatmulLanes<SingleLane, float>()),
        ]);

    private static IIntegerRoute[] Avx512Rows() =>
        VectorHardware.Avx512VnniUnavailableBecause is null ? [new VnniIntegerRow(), Avx2Row()] : [Avx2Row()];

    private static IFloatRoute[] Avx512Floats()
    {
        FloatPanels panels = new("avx512", new FloatMatmulLanes<Lanes512, Vector512<float>>());
        return VectorHardware.Avx512VnniUnavailableBecause is null
            ? [new VnniFloatRow(Avx2FloatRow()), new TiledPlaneRoute(Avx512VnniTiles.Int8, panels), panels]
            : [Avx2FloatRow(), panels];
    }

    // Few tokens would leave most of a strip of 32 empty. Without 512-bit vpdpbusd, its 256-bit form does more than three instructions at 512.
    private static IIntegerRoute[] Avx512Tiles() =>
        VectorHardware.Avx512VnniUnavailableBecause is null ? [new TiledIntegerRoute(Avx512VnniTiles.Int8, 17), Avx2Tile()]
        : AvxVnni.IsSupported ? Avx2Tiles()
        : [SmallCodeTiles(), new IntegerTile<Avx512ByteStep, Vector512<byte>, Vector512<int>, Vector512<float>>(), Avx2Tile()];

    // Measured with AVX2, 4096 × 4096: small codes take 0.4 to 0.7 of the time of IntegerTile from 32 tokens on, and int8 codes 0.85 from 64 on.
    private static IIntegerRoute[] Avx2Tiles() => AvxVnni.IsSupported
        ? [new TiledIntegerRoute(new HalfStepTiles<AvxVnniHalfStep>(), 17), Avx2Tile()]
        : [SmallCodeTiles(), new TiledIntegerRoute(new HalfStepTiles<Avx2HalfStep>(), 64), Avx2Tile()];

    private static TiledIntegerRoute SmallCodeTiles() => new(new HalfStepTiles<Avx2SmallHalfStep>(), 20, isForSmallCodes: true);

    private static IIntegerRoute Avx2Row() => AvxVnni.IsSupported
        ? new IntegerRow<AvxVnniByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>()
        : new IntegerRow<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>();

    private static IIntegerRoute Avx2Tile() => AvxVnni.IsSupported
        ? new IntegerTile<AvxVnniByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>()
        : new IntegerTile<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>();

    private static IFloatRoute Avx2FloatRow()
    {
        FloatRow<Fields256, Vector256<int>, Lanes256, Vector256<float>> exact = new("avx2");
        return AvxVnni.IsSupported
            ? new FixedPointRow<AvxVnniByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>(exact)
            : new FixedPointRow<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>(exact);
    }
}
