using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;
using OutlierQuant.Quantizers.Plans;
using OutlierQuant.Quantizers.Rounding;

namespace OutlierQuant.Quantizers;

/// <summary>Turns a model into what a plan says, in memory.</summary>
public static class Quantizer
{
    /// <summary>Quantizes the linears of a plan one after the other, each streamed from mapped memory.</summary>
    /// <param name="model">The model in float that the plan was made for, folded if the plan says so; its fold is kept. It stays the owner of the mapped files.</param>
    /// <param name="plan">What to do.</param>
    /// <param name="progress">Told after each linear; null for silence.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <returns>A model over the same files; its linears have the same bits at any thread count.</returns>
    /// <exception cref="ArgumentException">The plan names a linear, block or channel that the model lacks, or another fold than the model has.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A weight is NaN or infinite; the message has its tensor, row and column.</exception>
    public static TransformerModel Apply(
        TransformerModel model, QuantizationPlan plan, IProgress<QuantizationProgress>? progress = null, CancellationToken cancellation = default)
    {
        PlanCheck.RequireFits(plan, model);
        Preservation preserve = PreservationName.Parse(plan.Preserve).WithoutFold();
        Dictionary<string, Linear> linears = model.Linears.ToDictionary(linear => linear.Name);
        Dictionary<string, QuantizedLinear> quantized = [];
        long total = plan.Linears.Sum(linear => Weights(linears[linear.Name]));
        long done = 0;
        foreach (LinearPlan linear in plan.Linears)
        {
            cancellation.ThrowIfCancellationRequested();
            var source = (FloatLinear)linears[linear.Name];
            quantized.Add(linear.Name, Quantize(source, linear, preserve, model.Context, cancellation));
            done += Weights(source);
            progress?.Report(new QuantizationProgress(linear.Name, quantized.Count, plan.Linears.Count, done, total));
        }

        return model.With(
            linear => quantized.GetValueOrDefault(linear.Name) ?? linear,
            Residual(plan) is { } residual ? [.. model.Transforms, new ResidualQuantizer(residual)] : null);
    }

    /// <summary>Describes the rounding of block outputs as it stands in a checkpoint; null when the plan rounds none.</summary>
    internal static ResidualQuantization? Residual(QuantizationPlan plan) => plan.Blocks.Count == 0 ? null : new ResidualQuantization
    {
        Bits = plan.Blocks[0].Bits,
        Preserve = PreservationName.Of(PreservationName.Parse(plan.Preserve).WithoutFold()),
        Blocks = [.. plan.Blocks.Select(block => new ResidualBlock
        {
            Block = block.Block,
            Scale = block.Scale,
            Channels = [.. block.Channels.Select(channel => channel.Channel)],
            MeansAtSink = [.. block.Channels.Select(channel => channel.MeanAtSink).OfType<float>()],
            MeansElsewhere = [.. block.Channels.Select(channel => channel.MeanElsewhere).OfType<float>()],
        })],
    };

    /// <summary>Tells whether the channels of a linear must be left out of a scale that is found at run time, though they are rounded.</summary>
    internal static bool ExcludesChannels(LinearPlan plan, Preservation preserve) =>
        preserve is Preservation.Clip or Preservation.Mean && plan.ActivationScale is ActivationName.Tensor or ActivationName.Token;

    private static QuantizedLinear Quantize(
        FloatLinear linear, LinearPlan plan, Preservation preserve, ComputeContext context, CancellationToken cancellation)
    {
        int[] channels = [.. plan.Channels.Select(channel => channel.Channel)];
        int[] takenOut = preserve is Preservation.Channels or Preservation.Mean ? channels : [];
        RoundedMatrix matrix = RoundToNearest.Round(linear, WeightName.Parse(plan.Weights), plan.GroupSize, takenOut, context, cancellation);
        bool kept = preserve == Preservation.Channels;
        var weights = new QuantizedWeights(
            matrix.Format,
            matrix.Rows,
            matrix.Columns,
            matrix.GroupSize,
            matrix.Codes,
            matrix.Scales,
            kept ? takenOut : [],
            kept ? matrix.TakenOutWeights : ReadOnlyMemory<float>.Empty,
            linear.Weight.Type);
        var activations = new ActivationQuantization(
            ActivationName.Parse(plan.ActivationScale),
            ActivationName.ParseBits(plan.Activations),
            plan.StaticScale ?? float.NaN,
            ExcludesChannels(plan, preserve) ? channels : []);
        bool replaced = preserve == Preservation.Mean && channels.Length > 0;
        return new QuantizedLinear(
            linear.Name,
            linear.Block,
            linear.Role,
            weights,
            activations,
            linear.Bias,
            replaced ? Constants(matrix, plan, channel => channel.MeanAtSink!.Value) : null,
            replaced ? Constants(matrix, plan, channel => channel.MeanElsewhere!.Value) : null);
    }

    /// <summary>Computes what the replaced channels add to each output feature: Σ_c W[r, c] · mean[c] in binary64. Shape [rows].</summary>
    private static float[] Constants(RoundedMatrix matrix, LinearPlan plan, Func<ChannelPlan, float> mean)
    {
        float[] constants = new float[matrix.Rows];
        for (int row = 0; row < matrix.Rows; row++)
        {
            double sum = 0;
            for (int i = 0; i < plan.Channels.Count; i++)
            {
                sum += (double)matrix.TakenOutWeights[(row * plan.Channels.Count) + i] * mean(plan.Channels[i]);
            }

            constants[row] = (float)sum;
        }

        return constants;
    }

    private static long Weights(Linear linear) => (long)linear.InFeatures * linear.OutFeatures;
}
