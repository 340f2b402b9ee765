using System.Buffers;
using System.Numerics.Tensors;
using OutlierQuant.Checkpoints;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.FloatMatmul;
using Tensor = OutlierQuant.Checkpoints.Tensor;

namespace OutlierQuant.Models.Linears;

/// <summary>A linear over the checkpoint's own float weights, which stay in mapped memory.</summary>
public sealed class FloatLinear : Linear
{
    /// <summary>Creates a linear over a mapped tensor.</summary>
    /// <param name="name">Name of its tensors without the last part.</param>
    /// <param name="block">0-based block; -1 for the output head.</param>
    /// <param name="role">What it does.</param>
    /// <param name="weight">F32, F16 or BF16 weights. Shape <c>[outFeatures, inFeatures]</c>, or <c>[inFeatures, outFeatures]</c> when transposed.</param>
    /// <param name="isTransposed">Whether input features are the outer dimension, as in GPT-2's Conv1D.</param>
    /// <param name="bias">Added to every token's output; null for none. Shape <c>[outFeatures]</c>.</param>
    /// <exception cref="CheckpointFormatException">The tensor has another type, or is transposed and above 2 GiB.</exception>
    /// <exception cref="ArgumentException">The bias has another length.</exception>
    public FloatLinear(string name, int block, LinearRole role, Tensor weight, bool isTransposed, float[]? bias)
        : this(name, block, role, weight, isTransposed, bias, Array.MaxLength)
    {
    }

    /// <summary>Creates a linear that gives the kernel at most <paramref name="slabBytes"/> bytes of weights at once, because a span ends at 2 GiB.</summary>
    internal FloatLinear(string name, int block, LinearRole role, Tensor weight, bool isTransposed, float[]? bias, int slabBytes)
        : base(name, block, role, checked((int)weight.Shape[isTransposed ? 0 : 1]), checked((int)weight.Shape[isTransposed ? 1 : 0]))
    {
        if (weight.Type is not (TensorType.F32 or TensorType.F16 or TensorType.BF16))
        {
            throw weight.Wrong($"weights of type {weight.Type}; a float linear needs F32, F16 or BF16");
        }

        if (bias is not null && bias.Length != OutFeatures)
        {
            throw new ArgumentException($"'{name}': the bias has {bias.Length} values; {OutFeatures} output features need as many.", nameof(bias));
        }

        Matrix = new FloatMatrix(weight, isTransposed, slabBytes);
        Bias = bias;
    }

    /// <summary>Gets the weights as they lie in the checkpoint.</summary>
    public Tensor Weight => Matrix.Tensor;

    /// <summary>Gets a value indicating whether input features are the outer dimension of <see cref="Weight"/>.</summary>
    public bool IsTransposed => Matrix.IsTransposed;

    /// <summary>Gets the bias, or null. Shape <c>[outFeatures]</c>.</summary>
    public float[]? Bias { get; }

    /// <inheritdoc/>
    public override long WeightByteSize => Weight.ByteLength;

    /// <inheritdoc/>
    public override string DescribeKernel(KernelSuite suite, int tokens) => suite.FloatMatmul.Describe(Matrix.Type, tokens);

    /// <summary>Reads the weights of one output feature, whatever the layout.</summary>
    /// <param name="row">Output feature.</param>
    /// <param name="destination">Receives the weights. Shape <c>[inFeatures]</c>.</param>
    /// <exception cref="ArgumentException">The row is out of range, or the destination has another length.</exception>
    public void ReadRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, OutFeatures);
        if (destination.Length != InFeatures)
        {
            throw new ArgumentException($"'{Name}': a row has {InFeatures} weights, but there is room for {destination.Length}.", nameof(destination));
        }

        if (!IsTransposed)
        {
            Weight.ReadAsFloat((long)row * InFeatures, destination);
            return;
        }

        for (int column = 0; column < InFeatures; column++)
        {
            Weight.ReadAsFloat(((long)column * OutFeatures) + row, destination.Slice(column, 1));
        }
    }

    /// <inheritdoc/>
    public override void Forward(ReadOnlyMemory<float> input, int tokens, SequenceChunk chunk, Memory<float> output, ComputeContext context)
    {
        if (Matrix.RowsPerSlab == OutFeatures)
        {
            LinearLoop.Run([this], input, tokens, chunk, [output], context);
            return;
        }

        CheckShapes(input, tokens, output);
        float[] slab = ArrayPool<float>.Shared.Rent(checked(tokens * Matrix.RowsPerSlab));
        for (int firstRow = 0; firstRow < OutFeatures; firstRow += Matrix.RowsPerSlab)
        {
            int rows = Math.Min(Matrix.RowsPerSlab, OutFeatures - firstRow);
            LinearProduct product = Product(input, tokens, firstRow, rows, slab, context.Suite.FloatMatmul, null);
            context.Team.Run(product.Rows, product.Granularity, product.Compute, product.NeedsOwnThreads);
            for (int token = 0; token < tokens; token++)
            {
                slab.AsSpan(token * rows, rows).CopyTo(output.Span.Slice((token * OutFeatures) + firstRow, rows));
            }
        }

        ArrayPool<float>.Shared.Return(slab);
    }

    /// <inheritdoc/>
    internal override LinearProduct? Prepare(SharedInput input, SequenceChunk chunk, Memory<float> output)
    {
        CheckShapes(input.Values, input.Tokens, output);
        if (Matrix.RowsPerSlab < OutFeatures)
        {
            return null;
        }

        IFloatMatmulKernel kernel = input.Context.Suite.FloatMatmul;
        PreparedFloats? prepared = input.Prepare(kernel, InFeatures, [], () => kernel.Reserve(Matrix.Type, input.Tokens, InFeatures));
        return Product(input.Values, input.Tokens, 0, OutFeatures, output, kernel, prepared);
    }

    /// <summary>Gets the weights as a matrix that kernels read.</summary>
    internal FloatMatrix Matrix { get; }

    /// <summary>The product with the rows of one slab; the destination has shape [tokens, slabRows].</summary>
    private LinearProduct Product(
        ReadOnlyMemory<float> input, int tokens, int slabFirst, int slabRows, Memory<float> destination, IFloatMatmulKernel kernel, PreparedFloats? prepared)
    {
        return new LinearProduct(slabRows, kernel.RowGranularity, kernel.NeedsOwnThreads(Matrix.Type, tokens), (first, count) =>
        {
            Span<float> products = destination.Span[..(tokens * slabRows)];
            kernel.Multiply(input.Span[..(tokens * InFeatures)], tokens, Matrix.Slab(slabFirst, slabRows), first, count, products, prepared);
            for (int token = 0; Bias is not null && token < tokens; token++)
            {
                Span<float> part = products.Slice((token * slabRows) + first, count);
                TensorPrimitives.Add(part, Bias.AsSpan(slabFirst + first, count), part);
            }
        });
    }
}
