using OutlierQuant.Calibration;
using OutlierQuant.Eval.Tracing;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Tests.Tracing;

/// <summary>The errors and attention shares of a trace, beside double-precision loops over values gathered by another observer.</summary>
public class ElementErrorTests
{
    private const int Context = 32;
    private static readonly string s_text = SampleText.Of(600);

    [Theory]
    [InlineData(8, 127)]
    [InlineData(4, 7)]
    public void Run_ResidualAndNeuron_EqualThePlainLoops(int bits, int qMax)
    {
        using var model = PlantedModel.Step();
        var windows = TextWindows.Cut(model.Tokenizer, s_text, "text", Context, true, 3).Windows;
        var gathered = new Gatherer();
        new ForwardPass(model.Model).Run([.. windows], gathered, new ForwardOptions { Observer = gathered, StartsWithBos = true });

        var errors = Tracer.Run(model.Model, model.Tokenizer, s_text, "text", new() { Text = new() { Context = Context, MaxWindows = 3 } }).Errors;

        var output = gathered.Outputs[1];
        Same(Ratio(output, [], [PlantedModel.Channel], false), Find($"channel {PlantedModel.Channel}", "output of block 1"));
        Same(Ratio(output, [], [], true), Find("the tokens", "output of block 1"));
        var down = (FloatLinear)model.Model.Linears.Single(linear => linear.Name == "model.layers.1.mlp.down_proj");
        Same(Ratio(gathered.Inputs, Rows(down), [PlantedModel.Neuron], false), Find($"neuron {PlantedModel.Neuron}", $"input of {down.Name}"));

        // One weight row: the largest magnitude of the row, or of its other weights, sets the scale.
        var row = Rows(down)[PlantedModel.Channel];
        double[] all = [.. row.Select(weight => Round(weight, row.Max(Math.Abs)))];
        double[] kept = [.. row.Select((weight, c) => c == PlantedModel.Neuron ? weight : Round(weight, row.Where((_, other) => other != PlantedModel.Neuron).Max(Math.Abs)))];
        var inputs = gathered.Inputs.Where((_, token) => token % Context != 0).ToArray();
        double Energy(Func<int, double> weight) => inputs.Sum(x => Math.Pow(x.Select((value, c) => weight(c) * value).Sum(), 2));
        var (noise, keptNoise) = (Energy(c => row[c] - all[c]), Energy(c => row[c] - kept[c]));
        Same(
            (10 * Math.Log10(Energy(c => row[c]) / noise), 10 * Math.Log10(Energy(c => row[c]) / keptNoise), 1 - (keptNoise / noise)),
            Find($"weight ({PlantedModel.Channel}, {PlantedModel.Neuron})", $"row {PlantedModel.Channel} of {down.Name}"));

        ElementError Find(string element, string rounded) => errors.Single(error => error.Element == element && error.Rounded == rounded && error.Bits == bits);

        void Same((double Rounded, double Kept, double Share) expected, ElementError found)
        {
            Assert.Equal(expected.Rounded, found.Sqnr!.Value, 0.02);
            Assert.Equal(expected.Kept, found.SqnrKept!.Value, 0.02);
            Assert.Equal(expected.Share, found.ErrorShare!.Value, 1e-3);
        }

        // Rows are tokens, the first of each window BOS, which holds the spike. Without weights the values themselves are compared.
        (double Rounded, double Kept, double Share) Ratio(List<float[]> values, List<float[]> weights, int[] keptChannels, bool keepsBos)
        {
            double all = values.Max(row => row.Max(Math.Abs));
            double others = values.Where((_, token) => !keepsBos || token % Context != 0).Max(row => row.Where((_, c) => !keptChannels.Contains(c)).Max(Math.Abs));
            double signal = 0, noise = 0, keptNoise = 0;
            foreach (var row in values.Where((_, token) => token % Context != 0))
            {
                double[] error = [.. row.Select(value => value - Round(value, all))];
                double[] keptError = [.. row.Select((value, c) => keptChannels.Contains(c) ? 0 : value - Round(value, others))];
                double[] exact = [.. row.Select(value => (double)value)];
                signal += EnergyOf(exact);
                noise += EnergyOf(error);
                keptNoise += EnergyOf(keptError);
            }

            return (10 * Math.Log10(signal / noise), 10 * Math.Log10(signal / keptNoise), 1 - (keptNoise / noise));

            double EnergyOf(double[] row) => weights.Count == 0
                ? row.Sum(value => value * value)
                : weights.Sum(weight => Math.Pow(weight.Zip(row).Sum(pair => pair.First * pair.Second), 2));
        }

        double Round(double value, double absMax)
        {
            var scale = (float)absMax / qMax;
            return scale * Math.Clamp(MathF.Round((float)value / scale), -qMax, qMax);
        }
    }

    [Fact]
    public void Run_Attention_EqualsTheMeanOverLaterTokens()
    {
        using var model = PlantedModel.Step();
        var windows = TextWindows.Cut(model.Tokenizer, s_text, "text", Context, true, 3).Windows;
        var gathered = new Gatherer();
        new ForwardPass(model.Model).Run([.. windows], gathered, new ForwardOptions { Observer = gathered, StartsWithBos = true });

        var attention = Tracer.Run(model.Model, model.Tokenizer, s_text, "text", new() { Text = new() { Context = Context, MaxWindows = 3 } }).Attention;

        Assert.Equal(2, attention.Count);
        for (var head = 0; head < 4; head++)
        {
            Assert.Equal(gathered.OnBos[(2, head)].Average(), attention[0].Heads[head], 1e-6);
        }

        Assert.Equal(attention[0].Heads.Average(), attention[0].Share, 1e-12);
        Assert.Equal(attention[0].Heads.Count(share => share >= 0.3), attention[0].HeadsAbove);
    }

    [Fact]
    public void DrawLike_Seeded_IsNearAndElsewhere()
    {
        using var model = PlantedModel.Step();
        var down = (FloatLinear)model.Model.Linears.Single(linear => linear.Name == "model.layers.0.mlp.down_proj");
        var rows = Rows(down);
        double[] distances = [.. rows.SelectMany((row, r) => row.Where((_, c) => r != 3 && c != 4).Select(weight => Math.Abs(Math.Abs((double)weight) - Math.Abs(rows[3][4])))).Order()];

        var first = WeightControls.DrawLike(down, 3, 4, rows[3][4], 1);

        Assert.Equal(first, WeightControls.DrawLike(down, 3, 4, rows[3][4], 1));
        Assert.Equal(rows[first.Row][first.Column], first.Weight);
        Assert.True(first.Row != 3 && first.Column != 4);
        Assert.InRange(Math.Abs(Math.Abs((double)first.Weight) - Math.Abs(rows[3][4])), distances[0], distances[9] + 1e-9);
        Assert.True(Enumerable.Range(1, 20).Select(seed => WeightControls.DrawLike(down, 3, 4, rows[3][4], seed)).Distinct().Count() > 3);
    }

    private static List<float[]> Rows(FloatLinear linear)
    {
        List<float[]> rows = [];
        for (var r = 0; r < linear.OutFeatures; r++)
        {
            var row = new float[linear.InFeatures];
            linear.ReadRow(r, row);
            rows.Add(row);
        }

        return rows;
    }

    private sealed class Gatherer : IForwardObserver, IWindowConsumer
    {
        public Dictionary<int, List<float[]>> Outputs { get; } = [];

        public List<float[]> Inputs { get; } = [];

        public Dictionary<(int Block, int Head), List<double>> OnBos { get; } = [];

        public bool Wants(ObservationPoint point) =>
            point.Kind is ObservationKind.BlockOutput or ObservationKind.AttentionProbabilities || point.LinearName == "model.layers.1.mlp.down_proj";

        public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
        {
            if (point.Kind == ObservationKind.AttentionProbabilities)
            {
                var tokens = chunk.TokenIds.Length;
                for (var row = 0; row < rows; row++)
                {
                    if (chunk.FirstPosition + (row % tokens) > 0)
                    {
                        var key = (point.Block, row / tokens);
                        OnBos[key] = [.. OnBos.GetValueOrDefault(key) ?? [], values[row * columns]];
                    }
                }

                return;
            }

            var target = point.Kind == ObservationKind.LinearInput ? Inputs : Outputs.GetValueOrDefault(point.Block) ?? (Outputs[point.Block] = []);
            for (var row = 0; row < rows; row++)
            {
                target.Add(values.Slice(row * columns, columns).ToArray());
            }
        }

        public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
        {
        }
    }
}
