using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models;
using OutlierQuant.Models.Tests.Plain;
using OutlierQuant.Testing;
using OutlierQuant.Training.Data;
using OutlierQuant.Training.Networks;
using OutlierQuant.Training.Parameters;
using OutlierQuant.Training.Saving;

namespace OutlierQuant.Training.Tests;

/// <summary>A small model with random parameters, a batch for it, and its checkpoint.</summary>
internal sealed class TestNetwork : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public TestNetwork(ModelShape shape, int windows = 3, int threads = 2, KernelSuite? suite = null)
    {
        Compute = new(suite ?? KernelSuite.Choose(), new WorkerTeam(threads));
        Parameters = new ModelParameters(shape);
        Random random = new(5);
        foreach (Parameter parameter in Parameters.Set.All)
        {
            bool isGain = parameter.Kind is ParameterKind.NormGain or ParameterKind.HeadNormGain;
            foreach (ref float value in parameter.Values.Span)
            {
                value = (float)((isGain ? 1 : 0) + (0.6 * (random.NextDouble() - random.NextDouble())));
            }
        }

        Network = new Transformer(Parameters, shape, windows, Compute);
        Batch = new(
            windows,
            [.. Enumerable.Range(0, windows * shape.Context).Select(_ => random.Next(shape.VocabularySize))],
            [.. Enumerable.Range(0, windows * shape.Context).Select(i => i == 2 ? Batch.None : random.Next(shape.VocabularySize))]);
    }

    public ComputeContext Compute { get; }

    public ModelParameters Parameters { get; }

    public Transformer Network { get; }

    public Batch Batch { get; }

    public string Directory => _directory.Path;

    /// <summary>The variants of both families that all tests go over: every part alone, and together with others.</summary>
    public static Dictionary<string, ModelShape> Shapes { get; } = new()
    {
        ["llama"] = Llama(AttentionVariant.Default),
        ["llama bias"] = Llama(AttentionVariant.Bias),
        ["llama sink-token"] = Llama(AttentionVariant.SinkToken),
        ["llama gated"] = Llama(AttentionVariant.Gated),
        ["llama sandwich"] = Llama(AttentionVariant.Default, NormPlacement.Sandwich),
        ["llama post"] = Llama(AttentionVariant.Default, NormPlacement.Post),
        ["llama qk-norm"] = Llama(AttentionVariant.Default, NormPlacement.Pre, true),
        ["llama bias sandwich qk-norm"] = Llama(AttentionVariant.Bias, NormPlacement.Sandwich, true),
        ["llama gated post qk-norm"] = Llama(AttentionVariant.Gated, NormPlacement.Post, true),
        ["llama one head"] = Llama(AttentionVariant.SinkToken) with { HeadCount = 1, KeyValueHeadCount = 1 },
        ["gpt2"] = Gpt2(AttentionVariant.Default),
        ["gpt2 bias"] = Gpt2(AttentionVariant.Bias),
        ["gpt2 sink-token"] = Gpt2(AttentionVariant.SinkToken),
        ["gpt2 gated sandwich"] = Gpt2(AttentionVariant.Gated, NormPlacement.Sandwich),
        ["gpt2 post qk-norm"] = Gpt2(AttentionVariant.Default, NormPlacement.Post, true),
    };

    /// <summary>Writes the checkpoint without a tokenizer.</summary>
    public string Write(TensorType type = TensorType.F32)
    {
        ConfigFile.Write(_directory.File("config.json"), Network.Shape, type, bos: null, eos: null);
        ModelFile.Write(_directory.File("model.safetensors"), Parameters, Network.Shape, type, Compute);
        return _directory.Path;
    }

    /// <summary>The loss of the batch by the second implementation.</summary>
    public double PlainLoss(PlainCheckpoint checkpoint)
    {
        int context = Network.Shape.Context, targets = 0;
        double sum = 0;
        for (int window = 0; window < Batch.Windows; window++)
        {
            double[][] logits = new PlainTransformer(checkpoint) { SinkTokenInStream = Network.Shape.SinkRows > 0 }
                .Logits(Batch.Tokens[(window * context)..((window + 1) * context)]);
            for (int position = 0; position < context; position++)
            {
                int target = Batch.Targets[(window * context) + position];
                if (target != Batch.None)
                {
                    sum += Math.Log(logits[position].Sum(Math.Exp)) - logits[position][target];
                    targets++;
                }
            }
        }

        return sum / targets;
    }

    public void Dispose()
    {
        Compute.Team.Dispose();
        _directory.Dispose();
    }

    private static ModelShape Llama(AttentionVariant attention, NormPlacement norm = NormPlacement.Pre, bool queryKeyNorm = false) => new()
    {
        Family = ModelFamily.Llama,
        Variant = new(attention, norm, queryKeyNorm),
        HiddenSize = 24,
        BlockCount = 2,
        HeadCount = 4,
        KeyValueHeadCount = 2,
        IntermediateSize = 19,
        Context = 9,
        VocabularySize = 31,
    };

    private static ModelShape Gpt2(AttentionVariant attention, NormPlacement norm = NormPlacement.Pre, bool queryKeyNorm = false) =>
        Llama(attention, norm, queryKeyNorm) with { Family = ModelFamily.Gpt2, KeyValueHeadCount = 4 };
}
