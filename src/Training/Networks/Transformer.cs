using OutlierQuant.Models;
using OutlierQuant.Training.Data;
using OutlierQuant.Training.Layers;
using OutlierQuant.Training.Parameters;

namespace OutlierQuant.Training.Networks;

/// <summary>A model that is trained: forward and backward passes over batches of windows. The stream after every branch is kept.</summary>
internal sealed class Transformer
{
    private readonly LayerContext _context;
    private readonly EmbeddingLayer _embedding;
    private readonly OutputHead _head;
    private readonly AttentionLayer[] _attentions;
    private readonly ResidualBranch[] _branches;

    // The stream before the first branch and after each: two branches a block.
    private readonly float[][] _streams;
    private readonly float[] _derivative;

    /// <summary>Creates a model for batches of at most a number of windows.</summary>
    public Transformer(ModelParameters parameters, ModelShape shape, int windows, ComputeContext compute)
    {
        _context = new(compute, new Workspace());
        Parameters = parameters;
        Shape = shape;
        _embedding = new(parameters, shape, _context);
        _head = new(parameters, shape, windows, _context);
        _attentions = [.. parameters.Blocks.Select(block => new AttentionLayer(block, shape, windows, _context))];
        _branches =
        [
            .. parameters.Blocks.SelectMany((block, i) => (IEnumerable<ResidualBranch>)
            [
                new(_attentions[i], block.AttentionNorm, block.AttentionOutputNorm, shape, windows, _context),
                new(MlpOf(block, windows), block.MlpNorm, block.MlpOutputNorm, shape, windows, _context),
            ]),
        ];
        int values = checked(windows * shape.RowsPerWindow * shape.HiddenSize);
        _streams = [.. Enumerable.Range(0, _branches.Length + 1).Select(_ => new float[values])];
        _derivative = new float[values];
    }

    /// <summary>Gets what is trained.</summary>
    public ModelParameters Parameters { get; }

    /// <summary>Gets the sizes and the variant.</summary>
    public ModelShape Shape { get; }

    /// <summary>Gets the bytes of weights, gradients and what a pass keeps for its derivatives.</summary>
    public long MemoryBytes => sizeof(float) * ((2L * Parameters.Set.Count) + _derivative.Length
        + _streams.Sum(stream => (long)stream.Length) + _branches.Sum(branch => branch.KeptFloats));

    /// <summary>Computes the loss of a batch, without derivatives.</summary>
    /// <returns>Mean of <c>−ln p(target)</c>, in nats.</returns>
    public double Evaluate(Batch batch)
    {
        Forward(batch);
        return _head.Compute(_streams[^1], batch, Memory<float>.Empty);
    }

    /// <summary>Computes the loss of a batch, and puts its derivative by every parameter into the gradients.</summary>
    /// <returns>Mean of <c>−ln p(target)</c>, in nats.</returns>
    public double Differentiate(Batch batch)
    {
        Forward(batch);
        Memory<float> derivative = _derivative.AsMemory(0, batch.Windows * Shape.RowsPerWindow * Shape.HiddenSize);
        double loss = _head.Compute(_streams[^1], batch, derivative);
        for (int branch = _branches.Length - 1; branch >= 0; branch--)
        {
            _branches[branch].Backward(_streams[branch], batch.Windows, derivative);
        }

        _embedding.Backward(batch, derivative.Span);
        return loss;
    }

    /// <summary>The stream after a block, of the last pass. Shape [rows, hiddenSize], for as many rows as a window has.</summary>
    public ReadOnlySpan<float> OutputOf(int block, int window)
    {
        int length = Shape.RowsPerWindow * Shape.HiddenSize;
        return _streams[(2 * block) + 2].AsSpan(window * length, length);
    }

    /// <summary>Attention of a block, with what it computed in the last pass.</summary>
    public AttentionLayer AttentionOf(int block) => _attentions[block];

    private void Forward(Batch batch)
    {
        _embedding.Forward(batch, _streams[0]);
        for (int branch = 0; branch < _branches.Length; branch++)
        {
            _branches[branch].Forward(_streams[branch], batch.Windows, _streams[branch + 1]);
        }
    }

    private ISublayer MlpOf(BlockParameters block, int windows) => Shape.Family == ModelFamily.Llama
        ? new GatedMlp(block, Shape, windows, _context)
        : new PlainMlp(block, Shape, windows, _context);
}
