using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OutlierQuant.Kernels.CodeProduct.Steps;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.FloatMatmul.Lanes;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Products over packed codes with the vector instructions of this processor.</summary>
/// <remarks>
/// <para>One token goes by rows, which read the weights once in order; more go by tiles or panels, which use what they load several times.
/// Activation codes multiply in integers, float activations in binary32.</para>
/// <para>Activation codes with groups that are not a multiple of 32 columns, which no scheme makes, go to <see cref="CodeProductReference"/>.</para>
/// </remarks>
public sealed class CodeProductSimd : ICodeProductKernel
{
    private static readonly CodeProductReference _anyGroup = new();

    private readonly IIntegerRoute[] _integerTiles;
    private readonly IIntegerRoute _integerRow;
    private readonly IFloatRoute _floatRow;
    private readonly IFloatRoute _floatPanels;

    /// <summary>Initializes the kernel with the best instructions of this processor.</summary>
    public CodeProductSimd()
        : this(IntegerRow(), IntegerTiles(), FloatRow(), FloatPanels())
    {
    }

    /// <summary>Initializes the kernel with given routes.</summary>
    /// <param name="integerRow">For one token of codes.</param>
    /// <param name="integerTiles">For several tokens of codes: the first that fits the groups is used.</param>
    /// <param name="floatRow">For one token of floats.</param>
    /// <param name="floatPanels">For several tokens of floats, and any groups.</param>
    internal CodeProductSimd(IIntegerRoute integerRow, IIntegerRoute[] integerTiles, IFloatRoute floatRow, IFloatRoute floatPanels)
    {
        _integerRow = integerRow;
        _integerTiles = integerTiles;
        _floatRow = floatRow;
        _floatPanels = floatPanels;
    }

    /// <inheritdoc/>
    public int RowGranularity => 16;

    /// <inheritdoc/>
    public string Describe(WeightFormat format, bool integerActivations) =>
        CodeProductName.Of(format, integerActivations, integerActivations ? _integerTiles[0].Name : _floatPanels.Name);

    /// <inheritdoc/>
    public void Multiply(ActivationCodes source, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        CodeProductShape.Check(source, weights, firstRow, rowCount, destination);
        if (source.Scales.Length == 1 && _integerRow.Fits(weights))
        {
            _integerRow.Multiply(source, weights, firstRow, rowCount, destination);
            return;
        }

        foreach (IIntegerRoute tile in _integerTiles)
        {
            if (tile.Fits(weights))
            {
                tile.Multiply(source, weights, firstRow, rowCount, destination);
                return;
            }
        }

        _anyGroup.Multiply(source, weights, firstRow, rowCount, destination);
    }

    /// <inheritdoc/>
    public void Multiply(ReadOnlySpan<float> source, int tokens, PackedWeights weights, int firstRow, int rowCount, Span<float> destination)
    {
        CodeProductShape.Check(source, tokens, weights, firstRow, rowCount, destination);
        IFloatRoute route = tokens == 1 && _floatRow.Fits(weights) ? _floatRow : _floatPanels;
        route.Multiply(source, tokens, weights, firstRow, rowCount, destination);
    }

    // One token is bound by memory, so 256 bits are enough for rows. vpdpbusd does at 256 bits more than three instructions at 512.
    private static IIntegerRoute IntegerRow() =>
        AvxVnni.IsSupported ? new IntegerRow<AvxVnniByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>()
        : Avx2.IsSupported ? new IntegerRow<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>()
        : new IntegerRow<Vector128ByteStep, Vector128<byte>, Vector128<int>, Vector128<float>>();

    private static IIntegerRoute[] IntegerTiles()
    {
        IIntegerRoute avx2 = new IntegerTile<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>();
        return AvxVnni.IsSupported ? [new IntegerTile<AvxVnniByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>()]
            : Avx512BW.IsSupported ? [new IntegerTile<Avx512ByteStep, Vector512<byte>, Vector512<int>, Vector512<float>>(), avx2]
            : Avx2.IsSupported ? [avx2]
            : [new IntegerTile<Vector128ByteStep, Vector128<byte>, Vector128<int>, Vector128<float>>()];
    }

    private static IFloatRoute FloatRow()
    {
        if (!Avx2.IsSupported)
        {
            return new FloatRow<Fields128, Vector128<int>, Lanes128, Vector128<float>>(Vector128ByteStep.Name);
        }

        FloatRow<Fields256, Vector256<int>, Lanes256, Vector256<float>> exact = new("avx2");
        return AvxVnni.IsSupported
            ? new FixedPointRow<AvxVnniByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>(exact)
            : new FixedPointRow<Avx2ByteStep, Vector256<byte>, Vector256<int>, Vector256<float>>(exact);
    }

    private static FloatPanels FloatPanels() => new(
        Vector512.IsHardwareAccelerated ? "avx512" : Vector256.IsHardwareAccelerated ? "avx2" : Vector128ByteStep.Name, new FloatMatmulSimd());
}
