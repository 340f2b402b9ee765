using System.Runtime.InteropServices;
using OutlierQuant.Kernels.CodeProduct.Steps;
using OutlierQuant.Kernels.TiledProduct;

namespace OutlierQuant.Kernels.CodeProduct;

/// <summary>Activation codes as they are, from a cache line on, and what sums start from; a piece is a token.</summary>
/// <remarks>Tokens lie a line more than their length apart: at a multiple of 4 KiB they would push each other out of the first-level cache.</remarks>
internal sealed unsafe class PreparedByteRows<TStep, TBytes, TSums, TFloats> : PreparedCodes
    where TStep : struct, IPackedStep<TBytes, TSums, TFloats>
    where TBytes : struct
    where TSums : struct
    where TFloats : struct
{
    private const int Line = PinnedMemory.LineBytes;

    private readonly WeightFormat _format;
    private readonly int _startSize;
    private readonly int _tokens;
    private readonly int _stride;
    private readonly PinnedMemory _memory;

    /// <summary>Reserves room.</summary>
    /// <param name="format">The packing of the weights.</param>
    /// <param name="startSize">Columns whose sums start together, a multiple of 32.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="stride">Codes of a token, padding included.</param>
    public PreparedByteRows(WeightFormat format, int startSize, int tokens, int stride)
    {
        (_format, _startSize, _tokens, _stride) = (format, startSize, tokens, stride);
        int startLines = (((stride + startSize - 1) / startSize * TStep.Width) + Line - 1) / Line;
        CodesPerToken = stride + Line;
        StartsPerToken = format == WeightFormat.Int8 ? 0 : (startLines + 1) * Line / sizeof(int);
        _memory = new(checked(tokens * (CodesPerToken + (StartsPerToken * sizeof(int)))));
    }

    /// <inheritdoc/>
    public override int Pieces => _tokens;

    /// <summary>Gets the distance between the codes of tokens.</summary>
    public int CodesPerToken { get; }

    /// <summary>Gets the distance between the starts of tokens; 0 where fields have no offset.</summary>
    public int StartsPerToken { get; }

    /// <summary>Gets the codes. Shape <c>[tokens, CodesPerToken]</c>.</summary>
    public ReadOnlySpan<byte> Codes => new(_memory.Start, _tokens * CodesPerToken);

    /// <summary>Gets what sums start from (<see cref="GroupStarts{TPacking, TStep, TBytes, TSums, TFloats}"/>). Shape <c>[tokens, StartsPerToken]</c>.</summary>
    public ReadOnlySpan<int> Starts => new(_memory.Start + (_tokens * CodesPerToken), _tokens * StartsPerToken);

    /// <inheritdoc/>
    public override void Fill(ActivationCodes source, int firstPiece, int pieceCount)
    {
        Check(_format, _startSize, source);
        CheckPieces(firstPiece, pieceCount);
        for (int token = firstPiece; token < firstPiece + pieceCount; token++)
        {
            Span<byte> codes = new(_memory.Start + (token * CodesPerToken), _stride);
            Span<int> starts = new((int*)(_memory.Start + (_tokens * CodesPerToken)) + (token * StartsPerToken), StartsPerToken);
            MemoryMarshal.AsBytes(source.Codes.Slice(token * _stride, _stride)).CopyTo(codes);
            if (_format == WeightFormat.Int4)
            {
                GroupStarts<Int4Packing, TStep, TBytes, TSums, TFloats>.Fill(codes, _startSize, starts);
            }
            else if (_format == WeightFormat.Ternary)
            {
                GroupStarts<TernaryPacking, TStep, TBytes, TSums, TFloats>.Fill(codes, _startSize, starts);
            }
        }
    }

    /// <summary>Throws unless this is for such weights and activations.</summary>
    public void Check(WeightFormat format, int startSize, ActivationCodes source)
    {
        if (format != _format || startSize != _startSize || source.Scales.Length != _tokens || source.Stride != _stride)
        {
            throw new ArgumentException(
                $"The prepared activations are {_tokens} tokens of {_stride} codes for {_format} in pieces of {_startSize} columns, but the product has {source.Scales.Length} tokens of {source.Stride} for {format} in pieces of {startSize}.",
                nameof(source));
        }
    }

    /// <inheritdoc/>
    private protected override void Release() => _memory.Dispose();
}
