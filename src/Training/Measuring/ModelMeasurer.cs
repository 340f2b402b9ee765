using OutlierQuant.Models.Blocks;
using OutlierQuant.Training.Data;
using OutlierQuant.Training.Networks;
using OutlierQuant.Training.Parameters;

namespace OutlierQuant.Training.Measuring;

/// <summary>Measures a model on the validation windows.</summary>
internal static class ModelMeasurer
{
    /// <summary>The windows in which block outputs are searched; sorting them all for their medians would take longer than training.</summary>
    private const int WindowsForBlocks = 8;

    /// <summary>Makes a record whose training figures are still missing.</summary>
    public static TrainingRecord Measure(Transformer transformer, ValidationSet validation)
    {
        ModelShape shape = transformer.Shape;
        BlockMeasurer[] blocks = [.. Enumerable.Range(0, shape.BlockCount).Select(block => new BlockMeasurer(block, shape))];
        bool hasExplicit = shape.ConstantKeys + shape.SinkRows > 0;
        SinkMeasurer first = new(shape, shape.ConstantKeys + shape.SinkRows), explicitSink = new(shape, 0);
        double loss = 0;
        long targets = 0;
        int seen = 0;
        foreach (Batch batch in validation.Batches)
        {
            int count = batch.Targets.Count(target => target != Batch.None);
            loss += transformer.Evaluate(batch) * count;
            targets += count;
            for (int window = 0; window < batch.Windows; window++, seen++)
            {
                first.Add(transformer, window);
                explicitSink.Add(transformer, window);
                if (seen < WindowsForBlocks)
                {
                    Array.ForEach(blocks, block => block.Add(transformer, window));
                }
            }
        }

        BlockMeasurement[] found = [.. blocks.Select(block => block.Result())];
        BlockMeasurement strongest = found.MaxBy(block => block.Ratio)!;
        return new TrainingRecord
        {
            Step = 0,
            Tokens = 0,
            LearningRate = 0,
            Loss = null,
            ValidationLoss = loss / targets,
            GradientNorm = null,
            LargestGradientNorm = null,
            Ratio = strongest.Ratio,
            RatioBlock = strongest.Block,
            Blocks = found,
            FirstToken = first.Result(),
            ExplicitSink = hasExplicit ? explicitSink.Result() : null,
            Weights = NormsOf(transformer.Parameters.Set),
        };
    }

    private static WeightNorms NormsOf(ParameterSet set)
    {
        bool hasConstants = set.All.Any(parameter => parameter.Kind is ParameterKind.ConstantKey or ParameterKind.SinkToken);
        return new(
            Norm(ParameterKind.Embedding),
            Norm(ParameterKind.QueryKeyValue, ParameterKind.AttentionOutput),
            Norm(ParameterKind.MlpInput, ParameterKind.MlpOutput),
            Norm(ParameterKind.NormGain),
            hasConstants ? Norm(ParameterKind.ConstantKey, ParameterKind.ConstantValue, ParameterKind.SinkToken) : null);

        double Norm(params ParameterKind[] kinds) =>
            Math.Sqrt(set.All.Where(parameter => kinds.Contains(parameter.Kind)).Sum(parameter => RowSum.OfSquares(parameter.Values.Span)));
    }
}
