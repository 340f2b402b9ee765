using System.Text.Json;
using OutlierQuant.Calibration;
using OutlierQuant.Eval.Certification;
using OutlierQuant.Eval.Interventions;
using OutlierQuant.Models.Folding;
using OutlierQuant.Models.Tests.Plain;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests.Certification;

public class CertificationStudyTests
{
    private static readonly CertificationText s_first = new("first", WithManyDelimiters(SampleText.Of(900, seed: 1)));
    private static readonly CertificationText s_second = new("second", WithManyDelimiters(SampleText.Of(900, seed: 2)));
    private static readonly CertificationOptions s_options = new() { Context = 24, MaxWindows = 6, Draws = 39, Resamples = 200 };

    [Fact]
    public void Run_MassiveBos_IsShownAndCountsForNothing()
    {
        // BOS with 4000 in one channel; without BOS no token has anything like it.
        using var model = EvaluatedModel.Random(new RandomCheckpoint { BosOutlier = 4000, BlockCount = 3 });

        var certificate = Run(model, s_options);

        Assert.Equal([TargetKind.Bos, TargetKind.WithoutBos], certificate.Targets.Select(target => target.Kind));
        var bos = certificate.Targets[0];
        Assert.Equal((false, true, 0), (bos.IsEvidence, bos.IsMassive, bos.Block));
        Assert.Equal([new CoordinateName(3, TokenClass.Bos)], bos.Values.Select(value => value.Coordinate));
        Assert.Equal((24, true), (bos.Causality!.Windows, bos.Causality.Holds));
        Assert.InRange(bos.Causality.LargestVariation!.Value, 0, CausalityCheck.Rounding);
        Assert.Empty(bos.Criteria);
        Assert.Equal(CertificateLevel.NotTestable, bos.Level);
        Assert.All(bos.Vectors, vectors => Assert.Equal(1, vectors.AtMassive!.Value, 1e-6));
        Assert.All(bos.Agreement, pair => Assert.Equal(1, pair.Jaccard));
        Assert.Equal(0, bos.Interventions.Arms.Single(arm => arm.Intervention == Intervention.Mean).DeltaNll, 1e-5);
        Assert.False(certificate.Targets[1].IsMassive);
        Assert.Contains("constant by causality, which is no evidence", certificate.Verdict, StringComparison.Ordinal);
        Assert.Contains(certificate.Notes, note => note.StartsWith("Nothing passes the detector", StringComparison.Ordinal) && note.Contains("without BOS: the strongest candidates", StringComparison.Ordinal));
        Assert.DoesNotContain(certificate.Notes, note => note.Contains("with BOS and", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_PlantedConstant_IsFoundAndSaysYes()
    {
        using var model = EvaluatedModel.Random(new RandomCheckpoint { BlockCount = 4 });
        var transform = new PlantedValue(new TokenClassifier(model.Tokenizer), _ => (5, 20_000));
        using var planted = model.Model.With(transforms: [transform]);

        var certificate = CertificationStudy.Run(planted, model.Tokenizer, [s_first, s_second], s_options);

        // Observers see a block's output before transforms, so the value shows after block 1.
        Assert.Equal([TargetKind.BesideBos, TargetKind.WithoutBos], certificate.Targets.Select(target => target.Kind));
        Assert.All(certificate.Targets, target =>
        {
            Assert.Equal((1, true, true), (target.Block, target.IsMassive, target.IsEvidence));
            Assert.Equal(new CoordinateName(5, TokenClass.Delimiter), Assert.Single(target.Values).Coordinate);
            Assert.InRange(target.Values[0].OnTexts.Mean, 19_000, 21_000);
            Assert.Equal(1, target.Values[0].HoldShare);
            Assert.InRange(target.Values[0].OnTexts.CoefficientOfVariation!.Value, 0, 0.01);
            Assert.Equal(12 * 23, target.Vectors[0].MassiveTokens + target.Vectors[0].OtherTokens);
            Assert.InRange(target.Vectors[0].AtMassive!.Value, 0.99, 1);
            Assert.InRange(target.Vectors[0].Elsewhere!.Value, -1, 0.9);
            Assert.Equal("Yes Yes Yes", string.Join(' ', target.Criteria.Take(3).Select(criterion => criterion.Outcome)));
            Assert.Equal(8, target.Updates.HeadsTested);
            Assert.NotEqual(CertificateLevel.Not, target.Level);
        });
    }

    [Fact]
    public void Run_PlantedValueThatDependsOnTheText_SaysNo()
    {
        using var model = EvaluatedModel.Random(new RandomCheckpoint { BlockCount = 4 });
        var transform = new PlantedValue(new TokenClassifier(model.Tokenizer), tokens => ((tokens.Sum() % 3) + 5, 5000 * (1 + (tokens.Sum() % 8))));
        using var planted = model.Model.With(transforms: [transform]);

        var certificate = CertificationStudy.Run(planted, model.Tokenizer, [s_first, s_second], s_options);

        Assert.NotEmpty(certificate.Targets);
        Assert.All(certificate.Targets, target => Assert.True(target.Values[0].OnTexts.CoefficientOfVariation > 0.5, $"{target.Values[0].OnTexts}"));
        Assert.Equal(CriterionOutcome.No, certificate.Targets[0].Criteria.Single(criterion => criterion.Name == "values").Outcome);
        Assert.NotEqual(CertificateLevel.InputIndependent, certificate.Level);
    }

    [Fact]
    public void Run_RandomLlama_EqualsPlainLoops()
    {
        using var model = EvaluatedModel.Random(new RandomCheckpoint { BosOutlier = 4000, BlockCount = 3 });

        var target = Run(model, s_options).Targets[0];

        // The same windows by hand: 900 bytes give 39 windows of BOS and 23 tokens, of which six are spaced evenly.
        int[] ids = [.. Enumerable.Range(0, 6).Select(i => i * 38 / 5)];
        int[][] windows = [.. new[] { s_first, s_second }.SelectMany(text => ids.Select(number => (int[])[0, .. model.Tokenizer.Encode(text.Text).AsSpan(number * 23, 23)]))];
        var checkpoint = new PlainCheckpoint(model.Model.Directory);
        var plain = new PlainTransformer(checkpoint);
        var spreads = new double[2, 4];
        var shares = new double[2, 4];
        var vectors = new List<double[]>[] { [], [], [] };
        foreach (var window in windows)
        {
            _ = plain.Logits(window);
            for (var reader = 1; reader <= 3; reader++)
            {
                var gain = checkpoint[reader == 3 ? "model.norm.weight" : $"model.layers.{reader}.input_layernorm.weight"];
                vectors[reader - 1].AddRange(plain.BlockOutputs[reader - 1].Skip(1).Select(row => row.Zip(gain, (x, g) => x * g).ToArray()));
            }

            for (var head = 0; head < 8; head++)
            {
                // Sources are positions 0 to 11, queries 12 to 23.
                double[] p = [.. plain.Probabilities[1 + (head / 4)][head % 4].Skip(12).Select(row => row[0])];
                var mean = p.Average();
                spreads[head / 4, head % 4] += p.Average(value => Math.Abs(value - mean)) / mean / windows.Length;
                shares[head / 4, head % 4] += mean / windows.Length;
            }
        }

        Assert.Equal(8, target.Updates.Heads.Count);
        Assert.All(target.Updates.Heads, head =>
        {
            Assert.Equal(12, head.Windows);
            Assert.Equal(spreads[head.Block - 1, head.Head], head.Constancy!.Value, 1e-5);
            Assert.Equal(shares[head.Block - 1, head.Head], head.SourceShare!.Value, 1e-6);
            Assert.InRange(head.Quantile!.Value, 1.0 / 40, 1);
        });
        Assert.Equal([1, 2, 3], target.Vectors.Select(vector => vector.Block));
        Assert.All(target.Vectors.Zip(vectors), pair =>
        {
            var all = pair.Second;
            var cosines = from i in Enumerable.Range(0, all.Count) from j in Enumerable.Range(0, i) select Dot(all[i], all[j]) / Math.Sqrt(Dot(all[i], all[i]) * Dot(all[j], all[j]));
            Assert.Equal(cosines.Average(), pair.First.Elsewhere!.Value, 1e-5);
            Assert.Equal((12, 12 * 23), (pair.First.MassiveTokens, pair.First.OtherTokens));
        });
        static double Dot(double[] left, double[] right) => left.Zip(right, (x, y) => x * y).Sum();
    }

    [Fact]
    public void Run_Interventions_EqualThoseOfIntervene()
    {
        using var model = EvaluatedModel.Random(new RandomCheckpoint { BlockCount = 3 });
        using var planted = model.Model.With(transforms: [new PlantedValue(new TokenClassifier(model.Tokenizer), _ => (5, 20_000))]);

        var evidence = CertificationStudy.Run(planted, model.Tokenizer, [s_first, s_second], s_options).Targets[0].Interventions;

        var profile = Calibrator.Run(planted, model.Tokenizer, TextWindows.Cut(model.Tokenizer, s_first.Text, "first", 24, true, 6), new DetectorOptions());
        var expected = InterventionStudy.Run(planted, model.Tokenizer, profile, s_second.Text, "second", new() { Text = new() { Context = 24, MaxWindows = 6 } });
        Assert.Equal(1, expected.Block);
        Assert.Equal(("second", "first", 6, 200), (evidence.Source, evidence.MeansFrom, evidence.Windows, evidence.Resamples));
        Assert.Equal(expected.Baseline.Perplexity, evidence.Perplexity, 1e-9);
        Assert.All(evidence.Arms, arm =>
        {
            var other = expected.Arms.Single(found => found.Intervention == arm.Intervention);
            Assert.Equal(other.DeltaNll, arm.DeltaNll, 1e-12);
            Assert.Equal(other.EntriesChanged, arm.EntriesChanged);
            Assert.True(arm.DeltaNllCi95!.Value.Contains(arm.DeltaNll));
        });
    }

    [Fact]
    public void Run_NoBosInTheTokenizer_ReadsWithoutAlone()
    {
        using var model = EvaluatedModel.Random(bos: false);

        var certificate = CertificationStudy.Run(model.Model, model.Tokenizer, [s_first], s_options);

        Assert.Equal(TargetKind.WithoutBos, Assert.Single(certificate.Targets).Kind);
        Assert.Contains(certificate.Notes, note => note.StartsWith("There is one text", StringComparison.Ordinal));
        Assert.Equal(["first", "shuffled tokens", "random tokens"], certificate.Targets[0].Sources.Select(source => source.Source));
    }

    [Fact]
    public void Run_OneAndThreeThreads_GiveTheSameBytes()
    {
        string Run(int threads)
        {
            using var model = EvaluatedModel.Random(new RandomCheckpoint { BosOutlier = 4000 }, threads);
            var certificate = CertificationStudyTests.Run(model, s_options);
            return JsonSerializer.Serialize(certificate with { Model = certificate.Model with { Name = "" } }, EvalJson.Default.Certificate);
        }

        var one = Run(1);
        Assert.Equal(one, Run(3));
        Assert.Equal(one, JsonSerializer.Serialize(JsonSerializer.Deserialize(one, EvalJson.Default.Certificate)!, EvalJson.Default.Certificate));
    }

    [Fact]
    public void Run_Progress_CountsEveryPass()
    {
        using var model = EvaluatedModel.Random(new RandomCheckpoint { BosOutlier = 4000 });
        var progress = new List<ArmProgress>();

        _ = Run(model, s_options with { Progress = progress.Add });

        Assert.Equal(progress[^1].ArmCount, progress[^1].Arm + 1);
        Assert.Equal(Enumerable.Range(0, progress[^1].ArmCount), progress.Select(done => done.Arm).Distinct());
    }

    [Theory]
    [InlineData(3, 39, 200, "first", "The context is 3 tokens; a certificate of this model needs 4 to 64.")]
    [InlineData(65, 39, 200, "first", "The context is 65 tokens; a certificate of this model needs 4 to 64.")]
    [InlineData(24, 18, 200, "first", "The number of draws is 18; at least 19 are needed")]
    [InlineData(24, 39, 39, "first", "The number of resamples is 39; at least 40 are needed")]
    [InlineData(24, 39, 200, "second", "Two sources are called 'second'; each needs a name of its own.")]
    [InlineData(24, 39, 200, "random tokens", "Two sources are called 'random tokens'")]
    public void Run_BadInput_SaysWhatWouldBeRight(int context, int draws, int resamples, string name, string expected)
    {
        using var model = EvaluatedModel.Random();

        var error = Assert.Throws<ArgumentException>(() => CertificationStudy.Run(
            model.Model, model.Tokenizer, [s_first with { Source = name }, s_second], new() { Context = context, Draws = draws, Resamples = resamples }));

        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FoldedModel_SaysThatItNeedsEveryToken()
    {
        using var model = EvaluatedModel.Random();
        var folded = model.Model.With(fold: FoldBuilder.Compute(model.Model, [ByteTokenizer.BosTokenId], ByteTokenizer.BosTokenId));

        Assert.Contains("is folded, and a certificate needs", Assert.Throws<ArgumentException>(() => CertificationStudy.Run(folded, model.Tokenizer, [], new())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NoText_SaysSo()
    {
        using var model = EvaluatedModel.Random();

        Assert.StartsWith("There is no text", Assert.Throws<ArgumentException>(() => CertificationStudy.Run(model.Model, model.Tokenizer, [], new())).Message, StringComparison.Ordinal);
    }

    // Both models are too small for the detector, and what is largest at BOS is constant by causality; the rest decides, and does not pass.
    [SharedTheory]
    [Trait("Category", "Trained")]
    [InlineData("tiny-llama", CertificateLevel.Not, 41)]
    [InlineData("tiny-gpt2", CertificateLevel.Partly, 232)]
    public void Run_SharedModel_IsNotInputIndependent(string name, CertificateLevel expected, int channel)
    {
        using var model = EvaluatedModel.Shared(name);
        CertificationText Text(string file) => new(file, File.ReadAllText(SharedData.Require($"text/{file}")));

        var certificate = CertificationStudy.Run(model.Model, model.Tokenizer, [Text("calib.txt"), Text("test.txt")], new() { MaxWindows = 5, Draws = 39, Resamples = 200 });

        Assert.Equal(expected, certificate.Level);
        Assert.Equal([TargetKind.Bos, TargetKind.WithoutBos], certificate.Targets.Select(target => target.Kind));
        Assert.All(certificate.Targets, target => Assert.False(target.IsMassive));
        Assert.Equal(channel, certificate.Targets[0].Values[0].Coordinate.Channel);
        Assert.Equal((0, true), (certificate.Targets[0].Causality!.LargestVariation, certificate.Targets[0].Causality!.Holds));
        Assert.True(certificate.Targets[1].Values[0].OnTexts.CoefficientOfVariation > 0.01);
    }

    /// <summary>So many that nearly every window of 24 tokens has one beyond position 0.</summary>
    private static string WithManyDelimiters(string text) => text.Replace('a', '.').Replace('e', '.').Replace('t', '.');

    private static Certificate Run(EvaluatedModel model, CertificationOptions options) => CertificationStudy.Run(model.Model, model.Tokenizer, [s_first, s_second], options);
}
