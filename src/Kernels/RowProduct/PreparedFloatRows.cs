using System.Buffers;
using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.RowProduct;

/// <summary>Planes in the order in which rows of weights are taken apart.</summary>
/// <param name="layout">The layout of the weights.</param>
/// <param name="tokens">Number of tokens.</param>
/// <param name="columns">Input features, a multiple of 128.</param>
/// <param name="preservedChannels">Columns that are 0 in the planes. Shape <c>[preserved]</c>.</param>
internal sealed class PreparedFloatRows(RowLayout layout, int tokens, int columns, ReadOnlySpan<int> preservedChannels) : PreparedPlanes(tokens, columns, preservedChannels)
{
    /// <summary>Gets the layout of the weights.</summary>
    public RowLayout Layout => layout;

    /// <summary>Gets the vectors.</summary>
    public RowActivations Activations { get; } = new(layout, FixedPoint.Planes, tokens);

    /// <inheritdoc/>
    private protected override bool TryFill(ReadOnlySpan<float> values, int token, out float step)
    {
        sbyte[] planes = ArrayPool<sbyte>.Shared.Rent(FixedPoint.Planes * Columns);
        bool isTaken = FixedPoint.TrySplit(values, planes, WeightPacking.QuadColumns, Columns, out step);
        for (int plane = 0; isTaken && plane < FixedPoint.Planes; plane++)
        {
            Activations.Fill(planes.AsSpan(plane * Columns, Columns), token, plane);
        }

        ArrayPool<sbyte>.Shared.Return(planes);
        return isTaken;
    }

    /// <inheritdoc/>
    private protected override void Release() => Activations.Dispose();
}
