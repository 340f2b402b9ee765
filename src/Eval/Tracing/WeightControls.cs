using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Scoring;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Tracing;

/// <summary>Changes the weights that write a spike, one way after the other, and scores the model.</summary>
internal static class WeightControls
{
    /// <summary>The weights of like magnitude among which the random one is drawn.</summary>
    private const int LikeMagnitudes = 10;

    /// <summary>Scores every <see cref="WeightChange"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="down">The down projection.</param>
    /// <param name="step">What its block does to the spike's channel; names the neuron and the weight.</param>
    /// <param name="channel">The spike's channel: the weight's row.</param>
    /// <param name="means">Means of the neuron by token class. Shape <c>[classes]</c>.</param>
    /// <param name="text">The windows to score.</param>
    /// <param name="seed">Draws the random weight.</param>
    /// <param name="report">Makes the callback for an arm of a name.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <returns>The untouched model's result, and one control for each change.</returns>
    public static (PerplexityResult Baseline, IReadOnlyList<WeightControl> Controls) Run(
        TransformerModel model,
        Tokenizer tokenizer,
        FloatLinear down,
        BlockStep step,
        int channel,
        double[] means,
        EvaluationText text,
        int seed,
        Func<int, string, Action<ForwardProgress>> report,
        CancellationToken cancellation)
    {
        var untouched = WindowScorer.Score(model, text, null, report(0, "untouched"), cancellation);
        var zeros = new double[means.Length];
        var random = DrawLike(down, channel, step.Neuron, step.Weight, seed);
        (WeightChange Change, int? Row, int Column, float? Weight, double[] Constants)[] changes =
        [
            (WeightChange.ZeroWeight, channel, step.Neuron, step.Weight, zeros),
            (WeightChange.MeanWeight, channel, step.Neuron, step.Weight, means),
            (WeightChange.ZeroNeuron, null, step.Neuron, null, zeros),
            (WeightChange.MeanNeuron, null, step.Neuron, null, means),
            (WeightChange.ZeroRandomWeight, random.Row, random.Column, random.Weight, zeros),
        ];
        var controls = new List<WeightControl>();
        foreach (var (change, row, column, weight, constants) in changes)
        {
            var edited = new ConstantInputLinear(down, row, column, constants, new TokenClassifier(tokenizer));
            using var changed = model.With(linear => linear.Name == down.Name ? edited : linear);
            var scores = WindowScorer.Score(changed, text, null, report(controls.Count + 1, change.ToString()), cancellation);
            controls.Add(new WeightControl(change, row, column, weight, PairedScore.Of(untouched, scores)));
        }

        return (PerplexityEvaluator.Summarize(model, text, untouched), controls);
    }

    /// <summary>Draws one of the weights outside the row and the column whose magnitudes are nearest to a weight's.</summary>
    internal static (int Row, int Column, float Weight) DrawLike(FloatLinear linear, int row, int column, float weight, int seed)
    {
        // A queue that gives up its farthest first keeps the nearest; of equally far ones the earlier.
        var nearest = new PriorityQueue<(int Row, int Column, float Weight), (float Distance, int Order)>(Comparer<(float Distance, int Order)>.Create((left, right) => right.CompareTo(left)));
        var weights = new float[linear.InFeatures];
        for (var r = 0; r < linear.OutFeatures; r++)
        {
            linear.ReadRow(r, weights);
            for (var c = 0; c < weights.Length && r != row; c++)
            {
                if (c == column)
                {
                    continue;
                }

                (int, int, float) entry = (r, c, weights[c]);
                var rank = (Math.Abs(Math.Abs(weights[c]) - Math.Abs(weight)), nearest.Count);
                if (nearest.Count < LikeMagnitudes)
                {
                    nearest.Enqueue(entry, rank);
                }
                else
                {
                    nearest.EnqueueDequeue(entry, (rank.Item1, LikeMagnitudes));
                }
            }
        }

        (int Row, int Column, float Weight)[] drawn = [.. nearest.UnorderedItems.Select(item => item.Element).OrderBy(item => item.Row).ThenBy(item => item.Column)];
        return drawn[new Random(seed).Next(drawn.Length)];
    }
}
