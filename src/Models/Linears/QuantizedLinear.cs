using System.Numerics.Tensors;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Models.Linears;

/// <summary>A linear over packed integer codes, with preserved input channels in float.</summary>
/// <remarks>
/// <para><c>output[t, r] = product[t, r] + constants[r] + bias[r]</c>, where the product is that of <see cref="ICodeProductKernel"/> and the constants,
/// if there are any, are one vector for the sink token (a BOS at position 0) and another for all other tokens: the share of channels that were
/// replaced by their means.</para>
/// <para>The same class serves a model quantized in memory and one read from a quantized checkpoint, so both give the same bits.</para>
/// </remarks>
public sealed class QuantizedLinear : Linear
{
    /// <summary>Creates a quantized linear.</summary>
    /// <param name="name">Name of its tensors without the last part.</param>
    /// <param name="block">0-based block; -1 for the output head.</param>
    /// <param name="role">What it does.</param>
    /// <param name="weights">Codes, scales and preserved columns.</param>
    /// <param name="activations">How the input is rounded.</param>
    /// <param name="bias">Added last; null for none. Shape <c>[outFeatures]</c>.</param>
    /// <param name="sinkConstants">Added to the sink token's output; null for none. Shape <c>[outFeatures]</c>.</param>
    /// <param name="otherConstants">Added to every other token's output; null exactly if <paramref name="sinkConstants"/> is. Shape <c>[outFeatures]</c>.</param>
    /// <exception cref="ArgumentException">The parts disagree; the message names the linear, what is there and what is required.</exception>
    public QuantizedLinear(
        string name,
        int block,
        LinearRole role,
        QuantizedWeights weights,
        ActivationQuantization activations,
        float[]? bias,
        float[]? sinkConstants,
        float[]? otherConstants)
        : base(name, block, role, weights.Columns, weights.Rows)
    {
        try
        {
            weights.Validate();
            activations.Validate(weights.Columns);
        }
        catch (ArgumentException wrong)
        {
            throw new ArgumentException($"'{name}': {wrong.Message}", wrong);
        }

        if ((sinkConstants is null) != (otherConstants is null))
        {
            throw new ArgumentException($"'{name}': constants for the sink token and for the others must be given together.", nameof(otherConstants));
        }

        RequireLength(bias, nameof(bias));
        RequireLength(sinkConstants, nameof(sinkConstants));
        RequireLength(otherConstants, nameof(otherConstants));
        Weights = weights;
        Activations = activations;
        Bias = bias;
        SinkConstants = sinkConstants;
        OtherConstants = otherConstants;
    }

    /// <summary>Gets codes, scales and preserved columns.</summary>
    public QuantizedWeights Weights { get; }

    /// <summary>Gets how the input is rounded.</summary>
    public ActivationQuantization Activations { get; }

    /// <summary>Gets the bias, or null. Shape <c>[outFeatures]</c>.</summary>
    public float[]? Bias { get; }

    /// <summary>Gets what is added to the sink token's output, or null. Shape <c>[outFeatures]</c>.</summary>
    public float[]? SinkConstants { get; }

    /// <summary>Gets what is added to every other token's output, or null. Shape <c>[outFeatures]</c>.</summary>
    public float[]? OtherConstants { get; }

    /// <inheritdoc/>
    public override long WeightByteSize => Weights.ByteSize;

    /// <inheritdoc/>
    public override string DescribeKernel(KernelSuite suite, int tokens) =>
        suite.CodeProduct.Describe(Weights.AsPacked(), Activations.Granularity != ActivationGranularity.Float, tokens);

    /// <inheritdoc/>
    public override void Forward(ReadOnlyMemory<float> input, int tokens, SequenceChunk chunk, Memory<float> output, ComputeContext context) =>
        LinearLoop.Run([this], input, tokens, chunk, [output], context);

    /// <inheritdoc/>
    internal override LinearProduct Prepare(SharedInput input, SequenceChunk chunk, Memory<float> output)
    {
        int tokens = input.Tokens;
        CheckShapes(input.Values, tokens, output);
        ReadOnlyMemory<float> source = input.Values[..(tokens * InFeatures)];
        Memory<float> products = output[..(tokens * OutFeatures)];
        ICodeProductKernel kernel = input.Context.Suite.CodeProduct;
        QuantizedActivations? codes = Activations.Granularity == ActivationGranularity.Float
            ? null
            : input.Quantize(Weights, Activations);
        PreparedCodes? preparedCodes = codes?.Prepare(Weights.AsPacked(), input.Context);
        PreparedFloats? preparedFloats = codes is null
            ? input.Prepare((kernel, Weights.Format, Weights.GroupSize), InFeatures, Weights.PreservedChannels, () => kernel.Reserve(tokens, Weights.AsPacked()))
            : null;
        return new LinearProduct(OutFeatures, kernel.RowGranularity, kernel.NeedsOwnThreads(Weights.Format, codes is not null, tokens), (first, count) =>
        {
            if (codes is null)
            {
                kernel.Multiply(source.Span, tokens, Weights.AsPacked(), first, count, products.Span, preparedFloats);
            }
            else
            {
                kernel.Multiply(codes.AsCodes(preparedCodes), Weights.AsPacked(), first, count, products.Span);
            }

            AddVectors(products.Span, tokens, chunk.SinkRow, first, count);
        });
    }

    private void AddVectors(Span<float> products, int tokens, int sinkRow, int first, int count)
    {
        for (int token = 0; token < tokens; token++)
        {
            Span<float> part = products.Slice((token * OutFeatures) + first, count);
            Add(part, token == sinkRow ? SinkConstants : OtherConstants, first);
            Add(part, Bias, first);
        }
    }

    private static void Add(Span<float> part, float[]? vector, int first)
    {
        if (vector is not null)
        {
            TensorPrimitives.Add(part, vector.AsSpan(first, part.Length), part);
        }
    }

    private void RequireLength(float[]? vector, string parameter)
    {
        if (vector is not null && vector.Length != OutFeatures)
        {
            throw new ArgumentException($"'{Name}': {vector.Length} values; {OutFeatures} output features need as many.", parameter);
        }
    }
}
