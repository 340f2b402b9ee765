using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Models.Architectures;

namespace OutlierQuant.Models.Blocks;

/// <summary>Normalizes each row of values, then applies a gain and perhaps a bias per channel. Widened once to float.</summary>
internal sealed class Norm(NormKind kind, float[] gain, float[]? bias, double epsilon)
{
    private const int TokensPerRange = 4;

    public int Size => gain.Length;

    /// <summary>Gets the factor of each channel.</summary>
    public float[] Gain => gain;

    /// <summary>Gets what is added to each channel; null unless the mean is subtracted.</summary>
    public float[]? Bias => bias;

    public double Epsilon => epsilon;

    /// <summary>Adds to the residual stream, then normalizes every token of it into other memory. Shapes [tokens, size].</summary>
    public void AddAndApply(Memory<float> hidden, ReadOnlyMemory<float> added, int tokens, Memory<float> destination, ComputeContext context)
    {
        using PartClock clock = context.Measure(ForwardPart.Norm);
        context.Team.Run(tokens, TokensPerRange, (first, count) =>
        {
            for (int token = first; token < first + count; token++)
            {
                Span<float> row = hidden.Span.Slice(token * Size, Size);
                TensorPrimitives.Add(row, added.Span.Slice(token * Size, Size), row);
                ApplyRow(row, destination.Span.Slice(token * Size, Size));
            }
        });
    }

    /// <summary>Normalizes every token. Source and destination may be the same memory. Shapes [tokens, size].</summary>
    public void Apply(ReadOnlyMemory<float> source, int tokens, Memory<float> destination, ComputeContext context)
    {
        using PartClock clock = context.Measure(ForwardPart.Norm);
        context.Team.Run(tokens, TokensPerRange, (first, count) =>
        {
            for (int token = first; token < first + count; token++)
            {
                ApplyRow(source.Span.Slice(token * Size, Size), destination.Span.Slice(token * Size, Size));
            }
        });
    }

    /// <summary>
    /// <c>destination = gain · source / sqrt(mean(source²) + epsilon)</c>, or
    /// <c>destination = gain · (source − mean) / sqrt(variance + epsilon) + bias</c>. May be done in place. Shapes [size].
    /// </summary>
    public void ApplyRow(ReadOnlySpan<float> source, Span<float> destination)
    {
        if (kind == NormKind.Layer)
        {
            TensorPrimitives.Subtract(source, (float)(RowSum.Of(source) / Size), destination);
            source = destination;
        }

        float divisor = (float)Math.Sqrt((RowSum.OfSquares(source) / Size) + epsilon);
        DivideAndGain(source, divisor, destination);
        if (bias is not null)
        {
            TensorPrimitives.Add(destination, bias, destination);
        }
    }

    private void DivideAndGain(ReadOnlySpan<float> source, float divisor, Span<float> destination)
    {
        ref float x = ref MemoryMarshal.GetReference(source);
        ref float g = ref MemoryMarshal.GetReference(gain.AsSpan());
        ref float y = ref MemoryMarshal.GetReference(destination);
        int vectorized = Size - (Size % Vector256<float>.Count);
        for (nuint i = 0; i < (nuint)vectorized; i += (nuint)Vector256<float>.Count)
        {
            (Vector256.LoadUnsafe(ref x, i) / Vector256.Create(divisor) * Vector256.LoadUnsafe(ref g, i)).StoreUnsafe(ref y, i);
        }

        for (int i = vectorized; i < Size; i++)
        {
            destination[i] = source[i] / divisor * gain[i];
        }
    }
}
