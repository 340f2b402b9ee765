using System.Text.Json;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Checkpoints;
using OutlierQuant.Cli.Documents;
using OutlierQuant.Kernels;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Cli;

/// <summary>Gathers what <c>inspect</c> shows.</summary>
internal static class Inspecting
{
    /// <summary>Describes the session's model.</summary>
    /// <param name="session">The model, its kernels and threads.</param>
    /// <param name="context">Tokens of the window that memory is forecast for.</param>
    public static InspectDocument Run(Session session, int context)
    {
        TransformerModel model = session.Model;
        QuantizedLinear[] quantized = [.. model.Linears.OfType<QuantizedLinear>()];
        return new InspectDocument
        {
            Model = model.Directory,
            Architecture = model.Config.Architecture,
            Blocks = model.Config.BlockCount,
            HiddenSize = model.Config.HiddenSize,
            IntermediateSize = model.Config.IntermediateSize,
            Heads = model.Config.HeadCount,
            KeyValueHeads = model.Config.KeyValueHeadCount,
            HeadSize = model.Config.HeadSize,
            Vocabulary = model.Config.VocabularySize,
            MaxPositions = model.Config.MaxPositions,
            TiedHead = model.Config.TieWordEmbeddings,
            Parameters = model.ParameterCount,
            Quantization = model.Config.Quantization is not { } block ? null : new InspectedQuantization(
                block.Scheme,
                block.Preserve,
                block.Method,
                quantized.Sum(linear => 8.0 * linear.WeightByteSize) / Math.Max(1, quantized.Sum(linear => (double)linear.InFeatures * linear.OutFeatures)),
                quantized.Sum(linear => linear.Weights.PreservedChannels.Length)),
            Fold = model.Fold is { } fold ? FoldDescription.Of(fold) : null,
            Types = [.. model.Store.Tensors.GroupBy(tensor => tensor.Type).OrderBy(group => group.Key)
                .Select(group => new TensorTypeTotal(TypeName(group.Key), group.Count(), group.Sum(tensor => tensor.ElementCount), group.Sum(tensor => tensor.ByteLength)))],
            Memory = new MemoryForecast(
                model.Store.ByteLength,
                model.LargestBlockFloatBytes,
                (long)context * model.Config.HiddenSize * sizeof(float),
                2L * context * model.Config.KeyValueHeadCount * model.Config.HeadSize * model.Config.BlockCount * sizeof(float),
                context),
            Kernels = model.Context.Suite.Description,
            Precision = model.Context.Suite.Precision,
            Suites = [.. KernelSuite.All.Select(suite => suite.Name == model.Context.Suite.Name ? Describe(model.Context.Suite, true) : Describe(suite, false))],
            Linears = [.. Linears(model)],
            Tensors = [.. model.Store.Tensors.Select(tensor => new InspectedTensor(tensor.Name, TypeName(tensor.Type), tensor.Shape, tensor.ByteLength))],
        };
    }

    private static InspectedSuite Describe(KernelSuite suite, bool chosen) => new(suite.Name, chosen, suite.Description, suite.UnavailableBecause);

    private static IEnumerable<InspectedLinears> Linears(TransformerModel model) => model.Linears
        .GroupBy(linear => (linear.Role, One: linear.DescribeKernel(model.Context.Suite, 1), Many: linear.DescribeKernel(model.Context.Suite, InspectedLinears.Many)))
        .Select(group => new InspectedLinears(JsonNamingPolicy.CamelCase.ConvertName(group.Key.Role.ToString()), group.Count(), group.Key.One, group.Key.Many));

    private static string TypeName(TensorType type) => type.ToString().ToUpperInvariant();
}
