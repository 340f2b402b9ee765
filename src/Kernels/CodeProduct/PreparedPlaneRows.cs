using System.Runtime.CompilerServices;
using OutlierQuant.Kernels.CodeProduct.Steps;
using OutlierQuant.Kernels.TiledProduct;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Planes quad by quad, and what sums start from.</summary>
/// <remarks>Memory that stays where it is, from a cache line on: a vector that crosses a line takes two loads. Tokens lie a line more than their length apart: at a
/// multiple of 4 KiB they would push each other out of the first-level cache.</remarks>
internal sealed unsafe class PreparedPlaneRows<TStep, TBytes, TSums, TFloats> : PreparedPlanes
    where TStep : struct, IPackedStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    private const int Planes = FixedPoint.Planes;
    private const int Quad = WeightPacking.QuadColumns;
    private const int Line = PinnedMemory.LineBytes;

    private readonly PinnedMemory _memory;
    private readonly nint _tokenBytes;

    /// <summary>Reserves room.</summary>
    /// <param name="format">The packing of the weights.</param>
    /// <param name="slicesPerStart">Slices of a row whose sums start together.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="columns">Input features, a multiple of 128.</param>
    /// <param name="preservedChannels">Columns that are 0 in the planes. Shape <c>[preserved]</c>.</param>
    public PreparedPlaneRows(WeightFormat format, int slicesPerStart, int tokens, int columns, ReadOnlySpan<int> preservedChannels)
        : base(tokens, columns, preservedChannels)
    {
        (Format, SlicesPerStart) = (format, slicesPerStart);
        int startLines = ((sizeof(int) * PlaneStarts<TStep, TBytes, TSums, TFloats>.Count(columns / WeightPacking.SliceColumns, slicesPerStart)) + Line - 1) / Line;
        _tokenBytes = ((nint)Planes * columns) + ((startLines + 1) * Line);
        _memory = new(checked((int)(tokens * _tokenBytes)));
    }

    /// <summary>Gets the packing of the weights.</summary>
    public WeightFormat Format { get; }

    /// <summary>Gets the slices of a row whose sums start together.</summary>
    public int SlicesPerStart { get; }

    /// <summary>Gets the planes of a token. Shape <c>[quads, 3, 128]</c>.</summary>
    public ref byte PlanesOf(int token) => ref _memory.Start[token * _tokenBytes];

    /// <summary>Gets what sums of a token start from (<see cref="PlaneStarts{TStep, TBytes, TSums, TFloats}"/>).</summary>
    public ref int StartsOf(int token) => ref *(int*)(_memory.Start + (token * _tokenBytes) + ((nint)Planes * Columns));

    /// <inheritdoc/>
    private protected override bool TryFill(ReadOnlySpan<float> values, int token, out float step)
    {
        ref byte planes = ref PlanesOf(token);
        bool isTaken = FixedPoint.TrySplit(values, new Span<sbyte>(Unsafe.AsPointer(ref planes), Planes * Columns), Planes * Quad, Quad, out step);
        if (isTaken)
        {
            PlaneStarts<TStep, TBytes, TSums, TFloats>.Fill(WeightPacking.Offset(Format), ref planes, Columns / WeightPacking.SliceColumns, SlicesPerStart, ref StartsOf(token));
        }

        return isTaken;
    }

    /// <inheritdoc/>
    private protected override void Release() => _memory.Dispose();
}
