using OutlierQuant.Kernels;

namespace OutlierQuant.Models.Linears;

/// <summary>A matrix product of the model, <c>output[t, r] = Σ_c weight[r, c] · input[t, c] + bias[r]</c>, in whatever form the weights are.</summary>
public abstract class Linear
{
    /// <summary>Creates a linear.</summary>
    /// <param name="name">Name of its tensors without the last part, for example <c>model.layers.0.mlp.down_proj</c>.</param>
    /// <param name="block">0-based block; -1 for the output head.</param>
    /// <param name="role">What it does.</param>
    /// <param name="inFeatures">Number of input features, positive.</param>
    /// <param name="outFeatures">Number of output features, positive.</param>
    protected Linear(string name, int block, LinearRole role, int inFeatures, int outFeatures)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inFeatures);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(outFeatures);
        Name = name;
        Block = block;
        Role = role;
        InFeatures = inFeatures;
        OutFeatures = outFeatures;
    }

    /// <summary>Gets the name of the tensors without the last part.</summary>
    public string Name { get; }

    /// <summary>Gets the 0-based block; -1 for the output head.</summary>
    public int Block { get; }

    /// <summary>Gets what the linear does in its block.</summary>
    public LinearRole Role { get; }

    /// <summary>Gets the number of input features.</summary>
    public int InFeatures { get; }

    /// <summary>Gets the number of output features.</summary>
    public int OutFeatures { get; }

    /// <summary>Gets the bytes of the weights: float elements, or codes, scales and preserved columns. Biases are not counted.</summary>
    public abstract long WeightByteSize { get; }

    /// <summary>Gets the bits stored for one weight on average: <c>8 · WeightByteSize / (InFeatures · OutFeatures)</c>.</summary>
    public double BitsPerWeight => 8.0 * WeightByteSize / ((double)InFeatures * OutFeatures);

    /// <summary>Names the kernel that computes this linear with a suite, for tables.</summary>
    /// <param name="suite">The kernels.</param>
    /// <param name="tokens">Number of tokens, positive.</param>
    public abstract string DescribeKernel(KernelSuite suite, int tokens);

    /// <summary>Computes the output features of every token.</summary>
    /// <param name="input">Values of the tokens. Shape <c>[tokens, inFeatures]</c>.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="chunk">Which tokens they are.</param>
    /// <param name="output">Receives the output. Shape <c>[tokens, outFeatures]</c>.</param>
    /// <param name="context">Kernels and threads.</param>
    /// <exception cref="ArgumentException">The shapes disagree.</exception>
    public abstract void Forward(ReadOnlyMemory<float> input, int tokens, SequenceChunk chunk, Memory<float> output, ComputeContext context);

    /// <summary>Prepares the product of <see cref="Forward"/>, to be computed together with others; null if it can only be computed alone.</summary>
    /// <param name="input">Values of the tokens. Shape <c>[tokens, inFeatures]</c>.</param>
    /// <param name="chunk">Which tokens they are.</param>
    /// <param name="output">Receives the output. Shape <c>[tokens, outFeatures]</c>.</param>
    internal virtual LinearProduct? Prepare(SharedInput input, SequenceChunk chunk, Memory<float> output) => null;

    /// <summary>Throws unless the spans hold as many values as the shapes say.</summary>
    private protected void CheckShapes(ReadOnlyMemory<float> input, int tokens, Memory<float> output)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        if (input.Length < (long)tokens * InFeatures)
        {
            throw new ArgumentException(
                $"'{Name}': {tokens} tokens of {InFeatures} features need {(long)tokens * InFeatures} values, but there are {input.Length}.", nameof(input));
        }

        if (output.Length < (long)tokens * OutFeatures)
        {
            throw new ArgumentException(
                $"'{Name}': {tokens} tokens of {OutFeatures} features need room for {(long)tokens * OutFeatures} values, but there is room for {output.Length}.",
                nameof(output));
        }
    }
}
