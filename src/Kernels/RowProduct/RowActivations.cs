using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.CodeProduct.Steps;
using OutlierQuant.Kernels.TiledProduct;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>The activations of one product as vectors of signed bytes, in the order in which a row of weights is taken apart, and what sums start from.</summary>
/// <remarks>
/// <para>Tokens come in chunks that a call multiplies at once. Shape of a chunk's vectors <c>[steps, fields, tokens · planes, 64]</c>, of its starts <c>[units, tokens · planes, 16]</c>, or
/// <c>[units, tokens, 16]</c> where the planes of a token are added up in integers. Columns behind the last are 0.</para>
/// <para>A token of floats is <c>step · (plane0 + 2⁸ · plane1 + 2¹⁵ · plane2)</c>: as in <see cref="FixedPoint"/>, with the sign of plane 2 turned.</para>
/// <para>A field holds more than its code: int8 128, int4 8, ternary 1. Sums start from minus that times the activations of each lane.</para>
/// </remarks>
internal sealed unsafe class RowActivations : IDisposable
{
    /// <summary>Binary logarithm of what one of plane 1 counts.</summary>
    public const byte Weight1Bits = 8;

    /// <summary>Binary logarithm of what one of plane 2 counts.</summary>
    public const byte Weight2Bits = 15;

    private const int StepBytes = RowLayout.StepBytes;
    private const int HalfBytes = StepBytes / 2;

    private readonly PinnedMemory _memory;
    private readonly nint _startsOffset;
    private readonly int _startsPerToken;

    /// <summary>Reserves room.</summary>
    /// <param name="layout">The layout of the weights.</param>
    /// <param name="planes">Vectors of a token.</param>
    /// <param name="tokens">Number of tokens.</param>
    public RowActivations(RowLayout layout, int planes, int tokens)
    {
        (Layout, Planes, Tokens) = (layout, planes, tokens);
        _startsPerToken = RowCodeShape.Of(layout, planes, 1, 1).SumsPerRow;
        long vectorBytes = (long)layout.Steps * layout.Fields * StepBytes, startBytes = (long)layout.Units * StepBytes;
        _startsOffset = (nint)(tokens * planes * vectorBytes);
        _memory = new(checked((int)((tokens * planes * vectorBytes) + (tokens * _startsPerToken * startBytes))));
    }

    /// <summary>Gets the layout of the weights.</summary>
    public RowLayout Layout { get; }

    /// <summary>Gets the vectors of a token: 1 for codes, 3 for floats.</summary>
    public int Planes { get; }

    /// <summary>Gets the number of tokens.</summary>
    public int Tokens { get; }

    /// <summary>Gets the tokens that a call multiplies at once, but for the last chunk.</summary>
    public int ChunkTokens => Planes == 1 ? 4 : 2;

    /// <summary>Gets the number of chunks.</summary>
    public int Chunks => (Tokens + ChunkTokens - 1) / ChunkTokens;

    /// <summary>Gets the tokens of a chunk.</summary>
    public int TokensOf(int chunk) => Math.Min(ChunkTokens, Tokens - (chunk * ChunkTokens));

    /// <summary>Gets the vectors of a chunk.</summary>
    public sbyte* Vectors(int chunk) => (sbyte*)_memory.Start + ((nint)chunk * ChunkTokens * Planes * Layout.Steps * Layout.Fields * StepBytes);

    /// <summary>Gets the starts of a chunk.</summary>
    public int* Starts(int chunk) => (int*)(_memory.Start + _startsOffset) + ((nint)chunk * ChunkTokens * _startsPerToken * Layout.Units * RowLayout.Lanes);

    /// <summary>Brings one vector into the order of the weights, and computes its starts. The planes of a token in order.</summary>
    /// <param name="source">Codes or one plane of <see cref="FixedPoint"/>, in the order of the columns. Shape <c>[whole slices of 32 columns]</c>.</param>
    /// <param name="token">Which token.</param>
    /// <param name="plane">Which of its planes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Fill(ReadOnlySpan<sbyte> source, int token, int plane)
    {
        int chunk = token / ChunkTokens, vectors = TokensOf(chunk) * Planes, vector = (token % ChunkTokens * Planes) + plane;
        sbyte* destination = Vectors(chunk) + (vector * StepBytes);
        bool addsPlanes = _startsPerToken < Planes;
        int* starts = Starts(chunk) + ((addsPlanes ? token % ChunkTokens : vector) * RowLayout.Lanes);
        int startStride = TokensOf(chunk) * _startsPerToken * RowLayout.Lanes, weightBits = !addsPlanes ? 0 : plane switch { 0 => 0, 1 => Weight1Bits, _ => Weight2Bits };
        int fieldsPerUnit = Layout.FieldsPerUnit, half = Layout.StepColumns / 2;
        Vector512<byte> offset = Vector512.Create(Offset(Layout.Format));
        Vector512<int> sums = default;
        fixed (sbyte* codes = source)
        {
            int left = fieldsPerUnit;
            for (int first = 0; first < Layout.Steps * Layout.StepColumns; first += Layout.StepColumns)
            {
                for (int column = first; column < first + half; column += HalfBytes)
                {
                    Vector256<sbyte> low = column < source.Length ? Vector256.Load(codes + column) : default;
                    Vector256<sbyte> high = column + half < source.Length ? Vector256.Load(codes + column + half) : default;
                    Vector512<sbyte> both = plane == 2 ? -Vector512.Create(low, high) : Vector512.Create(low, high);
                    both.StoreAligned(destination);
                    destination += vectors * StepBytes;
                    sums -= ByteInstructions.AddPairs(ByteInstructions.MultiplyAddPairs(offset, both));
                    if (--left == 0)
                    {
                        StoreStart(sums << weightBits, starts, addsPlanes && plane > 0);
                        starts += startStride;
                        sums = default;
                        left = fieldsPerUnit;
                    }
                }
            }

            if (left < fieldsPerUnit)
            {
                StoreStart(sums << weightBits, starts, addsPlanes && plane > 0);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreStart(Vector512<int> sums, int* start, bool adds) => (adds ? Vector512.LoadAligned(start) + sums : sums).StoreAligned(start);

    private static byte Offset(WeightFormat format) => format == WeightFormat.Int8 ? (byte)128 : (byte)WeightPacking.Offset(format);
}
