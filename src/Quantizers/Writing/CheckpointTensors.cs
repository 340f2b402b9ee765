using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Kernels;
using OutlierQuant.Models;
using OutlierQuant.Models.Folding;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Quantizers.Writing;

/// <summary>Lists the tensors of a quantized checkpoint.</summary>
/// <remarks><c>docs/formats.md</c> has the names, types and shapes.</remarks>
internal static class CheckpointTensors
{
    /// <summary>Lists the tensors: those of each quantized linear instead of its weight, and every other tensor of the source as it is.</summary>
    /// <param name="quantized">The quantized model.</param>
    /// <param name="plan">Its plan.</param>
    /// <exception cref="ArgumentException">The model's quantized linears are not those of the plan.</exception>
    public static IReadOnlyList<TensorToWrite> List(TransformerModel quantized, QuantizationPlan plan)
    {
        Dictionary<string, QuantizedLinear> linears = quantized.Linears.OfType<QuantizedLinear>().ToDictionary(linear => linear.Name);
        string? odd = plan.Linears.Select(linear => linear.Name).Except(linears.Keys).Concat(linears.Keys.Except(plan.Linears.Select(linear => linear.Name))).FirstOrDefault();
        if (odd is not null)
        {
            throw new ArgumentException($"The model and the plan disagree on {odd}; write the model that was made from this plan.");
        }

        // A head that is tied to the embeddings has no tensor of its own: the table stays for looking up.
        HashSet<string> replaced = [.. linears.Keys.Select(name => $"{name}.weight")];
        return
        [
            .. quantized.Store.Tensors.Where(tensor => !replaced.Contains(tensor.Name)).Select(tensor => TensorToWrite.Copy(tensor)),
            .. linears.Values.SelectMany(Of),
            .. quantized.Fold is null ? [] : Of(quantized.Fold),
        ];
    }

    /// <summary>The constants of all blocks, as F32: they are results of a computation, not weights, and narrower ones would not be the model's own.</summary>
    private static IEnumerable<TensorToWrite> Of(Fold fold)
    {
        long[] shape = [fold.Blocks.Count, fold.Blocks[0].Heads, fold.Slots, fold.Blocks[0].HeadSize];
        yield return TensorToWrite.From<float>(FoldBlock.KeysName, TensorType.F32, shape, fold.Blocks.SelectMany(block => block.Keys.ToArray()).ToArray());
        yield return TensorToWrite.From<float>(FoldBlock.ValuesName, TensorType.F32, shape, fold.Blocks.SelectMany(block => block.Values.ToArray()).ToArray());
        if (fold.Prefix is { } prefix)
        {
            yield return TensorToWrite.From(FoldBlock.FinalHiddenName, TensorType.F32, [prefix.FinalHidden.Length], prefix.FinalHidden);
        }
    }

    private static IEnumerable<TensorToWrite> Of(QuantizedLinear linear)
    {
        QuantizedWeights weights = linear.Weights;
        long rows = weights.Rows;
        TensorType codes = weights.Format == WeightFormat.Int8 ? TensorType.I8 : TensorType.U8;
        yield return TensorToWrite.From($"{linear.Name}.codes", codes, [rows, weights.Codes.Length / rows], weights.Codes);
        yield return TensorToWrite.From($"{linear.Name}.scales", TensorType.F32, [rows, weights.Groups], weights.Scales);
        int preserved = weights.PreservedChannels.Length;
        if (preserved > 0)
        {
            yield return Channels($"{linear.Name}.preserved_channels", weights.PreservedChannels);
            yield return Columns($"{linear.Name}.preserved_columns", weights);
        }

        ActivationQuantization activations = linear.Activations;
        if (activations.Granularity == ActivationGranularity.TensorStatic)
        {
            yield return TensorToWrite.From<float>($"{linear.Name}.input_scale", TensorType.F32, [1], new[] { activations.StaticScale });
        }

        if (activations.ScaleExcludedChannels.Length > 0)
        {
            yield return Channels($"{linear.Name}.scale_excluded_channels", activations.ScaleExcludedChannels);
        }

        if (linear is { SinkConstants: float[] atSink, OtherConstants: float[] elsewhere })
        {
            float[] constants = [.. atSink, .. elsewhere];
            yield return TensorToWrite.From<float>($"{linear.Name}.constants", TensorType.F32, [2, rows], constants);
        }
    }

    private static TensorToWrite Channels(string name, int[] channels) => TensorToWrite.From<int>(name, TensorType.I32, [channels.Length], channels);

    /// <summary>The preserved columns in their own type; they came from it, so narrowing is exact.</summary>
    private static TensorToWrite Columns(string name, QuantizedWeights weights)
    {
        long[] shape = [weights.Rows, weights.PreservedChannels.Length];
        float[] columns = weights.PreservedColumns.ToArray();
        return weights.PreservedType switch
        {
            TensorType.F32 => TensorToWrite.From<float>(name, TensorType.F32, shape, columns),
            TensorType.F16 => TensorToWrite.From<Half>(name, TensorType.F16, shape, Array.ConvertAll(columns, value => (Half)value)),
            TensorType.BF16 => TensorToWrite.From<ushort>(
                name, TensorType.BF16, shape, Array.ConvertAll(columns, value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))),
            _ => throw new ArgumentException($"Preserved columns of type {weights.PreservedType} cannot be written."),
        };
    }
}
