using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Calibration.Tests;

/// <summary>Profiles of small random models, on any machine.</summary>
public sealed class RandomModelTests
{
    private const int Context = 12;
    private const string Text = "A ship, a storm.\nNobody spoke; the lamp went out, and then they heard the sea. What was it? No one knew.";

    [Theory]
    [InlineData("LlamaForCausalLM")]
    [InlineData("MistralForCausalLM")]
    [InlineData("Qwen2ForCausalLM")]
    [InlineData("Qwen3ForCausalLM")]
    [InlineData("GPT2LMHeadModel")]
    public void Run_PlantedOutlier_IsTheMassiveCoordinate(string architecture)
    {
        // 5,000 in channel 3 of BOS beside entries near 1; the residual stream carries it through both blocks.
        CalibrationProfile profile = Calibrate(new RandomCheckpoint { Architecture = architecture, BosOutlier = 5000, Tokenizer = true });

        CoordinateStatistics massive = Assert.Single(profile.Massive);
        Assert.Equal((3, TokenClass.Bos, 0, 1), (massive.Channel, massive.TokenClass, massive.FirstBlock, massive.LastBlock));
        Assert.Equal(5000, massive.Mean, 100.0);
        Assert.Equal((0, true), (profile.FirstMassiveBlock, profile.Onset.IsMassive));
        Assert.Equal(massive, Assert.Single(profile.Coordinates));
        Assert.Empty(profile.Candidates);
        Assert.Equal(1, profile.Agreement!.Jaccard);
        Assert.StartsWith("1 coordinate passes |h| > 100 and > 1000 × the median; they appear in block 0.", profile.Verdict, StringComparison.Ordinal);
        Assert.Equal(3, profile.Blocks[0].Suggested[0].Channel);
        Assert.EndsWith("it is the value at BOS", profile.Blocks[0].Suggested[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NothingPlanted_HasCandidatesOnly()
    {
        CalibrationProfile profile = Calibrate(new RandomCheckpoint { Tokenizer = true });
        Assert.Empty(profile.Massive);
        Assert.False(profile.Onset.IsMassive);
        Assert.NotEmpty(profile.Candidates);
        Assert.StartsWith("No entry passes |h| > 100 and > 1000 × the median. The strongest is channel ", profile.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Statistics_EqualAPlainComputation()
    {
        using TemporaryDirectory directory = new();
        using WorkerTeam team = new(2);
        using TransformerModel model = Open(new RandomCheckpoint { Tokenizer = true }, directory, team);
        CalibrationSet set = Cut(directory);
        CalibrationProfile profile = Calibrator.Run(model, Tokenizer.Load(directory.Path), set, new());

        Recorder recorder = new();
        new ForwardPass(model).Run(set.Windows, recorder, new ForwardOptions { Observer = recorder, StartsWithBos = true });
        foreach (((int block, string linear), List<float[]> rows) in recorder.Rows)
        {
            ChannelStatistics found = linear.Length == 0 ? profile.Blocks[block].Channels : profile.Linear(linear).Channels;
            List<float[]> atSink = [.. rows.Where((_, index) => index % Context == 0)];
            List<float[]> elsewhere = [.. rows.Where((_, index) => index % Context != 0)];
            for (int channel = 0; channel < found.Count; channel++)
            {
                Assert.Equal(rows.Max(row => Math.Abs(row[channel])), found.AbsMax[channel]);
                Assert.Equal(rows.Average(row => (double)row[channel]), found.Mean[channel], 1e-6);
                Assert.Equal(rows.Average(row => (double)row[channel] * row[channel]), found.MeanSquare[channel], 1e-5);
                Assert.Equal(atSink.Average(row => (double)row[channel]), found.MeanAtSink[channel], 1e-6);
                Assert.Equal(elsewhere.Average(row => (double)row[channel]), found.MeanElsewhere[channel], 1e-6);
            }
        }

        Assert.Equal(model.Config.BlockCount + model.Linears.Count - 1, recorder.Rows.Count); // all block outputs, all linears but the head
        double median = recorder.Rows[(1, "")].Chunk(Context).Average(window => (double)window.SelectMany(row => row).Select(Math.Abs).Order().ElementAt(((Context * 32) - 1) / 2));
        Assert.Equal(median, profile.Blocks[1].Median, 1e-9);
    }

    [Fact]
    public void Run_SuperWeight_IsTheModelsWeight()
    {
        using TemporaryDirectory directory = new();
        using WorkerTeam team = new(1);
        using TransformerModel model = Open(new RandomCheckpoint { Tokenizer = true, BosOutlier = 5000 }, directory, team);
        CalibrationProfile profile = Calibrator.Run(model, Tokenizer.Load(directory.Path), Cut(directory), new());

        foreach (SuperWeightFinding found in profile.OtherDetectors.Superweight.Found)
        {
            FloatLinear down = Assert.IsType<FloatLinear>(model.Linears.Single(linear => linear.Name == found.Linear));
            float[] row = new float[down.InFeatures];
            down.ReadRow(found.Row, row);
            Assert.Equal(row[found.Column], found.Weight);
            Assert.Equal(profile.Linear(found.Linear).TokenAbsMax.Quantile100, Math.Abs(found.Input));
        }
    }

    [Fact]
    public void Run_NonFiniteWeight_NamesTheFirstPlace()
    {
        NonFiniteActivationException error = Assert.Throws<NonFiniteActivationException>(() => Calibrate(new RandomCheckpoint { Tokenizer = true, BosOutlier = float.NaN }));
        Assert.Equal(("input of model.layers.0.self_attn.q_proj", 0, 0), (error.Place, error.Window, error.Position));
    }

    private static CalibrationProfile Calibrate(RandomCheckpoint checkpoint)
    {
        using TemporaryDirectory directory = new();
        using WorkerTeam team = new(2);
        using TransformerModel model = Open(checkpoint, directory, team);
        return Calibrator.Run(model, Tokenizer.Load(directory.Path), Cut(directory), new());
    }

    private static TransformerModel Open(RandomCheckpoint checkpoint, TemporaryDirectory directory, WorkerTeam team) =>
        TransformerModel.Open(checkpoint.Write(directory.Path), new ComputeContext(KernelSuite.Reference, team));

    private static CalibrationSet Cut(TemporaryDirectory directory) =>
        TextWindows.Cut(Tokenizer.Load(directory.Path), Text, "text", Context, bos: true, maxWindows: 6);

    /// <summary>Keeps every token of every block output and linear input.</summary>
    private sealed class Recorder : IForwardObserver, IWindowConsumer
    {
        public Dictionary<(int Block, string Linear), List<float[]>> Rows { get; } = [];

        public bool Wants(ObservationPoint point) => point.Kind is ObservationKind.BlockOutput or ObservationKind.LinearInput && point.Block >= 0;

        public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
        {
            (int, string) key = (point.Block, point.LinearName);
            if (!Rows.TryGetValue(key, out List<float[]>? kept))
            {
                Rows.Add(key, kept = []);
            }

            for (int row = 0; row < rows; row++)
            {
                kept.Add(values.Slice(row * columns, columns).ToArray());
            }
        }

        public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
        {
        }
    }
}
