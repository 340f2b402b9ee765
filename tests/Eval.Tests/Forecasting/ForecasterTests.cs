using System.Text.Json;
using OutlierQuant.Eval.Forecasting;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;
using OutlierQuant.Quantizers;
using OutlierQuant.Testing;

namespace OutlierQuant.Eval.Tests.Forecasting;

public class ForecasterTests
{
    private static readonly string s_text = SampleText.Of(600);
    private static readonly PerplexityOptions s_windows = new() { Context = 32, MaxWindows = 3 };

    [Theory]
    [InlineData("w8a8-tensor-static")]
    [InlineData("w8a4-token")]
    [InlineData("w4a16")]
    public void Run_OnAText_MeasuresWhatPlainLoopsMeasure(string scheme)
    {
        using var model = EvaluatedModel.Random();
        var profile = model.Calibrate(s_text, "text", 32, 3);
        var quantized = Quantizer.Apply(model.Model, QuantizationPlanner.Plan(model.Model, profile, new QuantizationOptions { Scheme = Scheme.Parse(scheme) }));
        var name = "model.layers.1.mlp.down_proj";
        var expected = new PlainMeasurement((FloatLinear)model.Model.Linears.Single(linear => linear.Name == name), (QuantizedLinear)quantized.Linears.Single(linear => linear.Name == name));
        int[][] windows = [.. OutlierQuant.Calibration.TextWindows.Cut(model.Tokenizer, s_text, "text", 32, true, 3).Windows];
        new ForwardPass(model.Model).Run(windows, expected, new ForwardOptions { Observer = expected, StartsWithBos = true });

        var result = Forecaster.Run(model.Model, model.Tokenizer, profile, s_text, "text", new() { Schemes = [Scheme.Parse(scheme)], Text = s_windows });

        var found = result.Schemes[0].Linears.Single(linear => linear.Name == name);
        Assert.Equal(expected.Output, found.MeasuredSqnr!.Value, 0.02);
        Assert.Equal(expected.OutputElsewhere, found.MeasuredSqnrElsewhere!.Value, 0.02);
        if (scheme == "w4a16")
        {
            Assert.Null(found.Input);
        }
        else
        {
            Assert.Equal(expected.Input, found.Input!.MeasuredSqnr!.Value, 0.01);
        }
    }

    [Fact]
    public void Run_ProfileAlone_ForecastsTheSameAndMeasuresNothing()
    {
        using var model = EvaluatedModel.Random();
        var profile = model.Calibrate(s_text, "text", 32, 3);

        var alone = Forecaster.Run(model.Model, profile, new());
        var measured = Forecaster.Run(model.Model, model.Tokenizer, profile, s_text, "text", new() { Text = s_windows });

        Assert.Equal(["w8a8-tensor-static", "w8a4-tensor-static", "w4a16", "residual-int8", "residual-int4"], alone.Schemes.Select(scheme => scheme.Scheme));
        Assert.Equal([14, 14, 14, 0, 0], alone.Schemes.Select(scheme => scheme.Linears.Count));
        Assert.Equal([0, 0, 0, 2, 2], alone.Schemes.Select(scheme => scheme.Blocks.Count));
        Assert.All(alone.Schemes.SelectMany(scheme => scheme.Linears), linear => Assert.Null(linear.MeasuredSqnr));
        Assert.Equal(alone.Schemes.SelectMany(scheme => scheme.Linears).Select(linear => linear.Sqnr), measured.Schemes.SelectMany(scheme => scheme.Linears).Select(linear => linear.Sqnr));
        Assert.All(alone.Schemes, scheme => Assert.Empty(scheme.Agreement));
        Assert.Equal((null, 0, "text", 3), (alone.MeasuredOn, alone.MeasuredWindows, measured.MeasuredOn, measured.MeasuredWindows));

        // The forecast is what the text then shows, for inputs to half a decibel at 8 bits.
        var inputs = measured.Schemes[0].Agreement.Single(agreement => agreement.Compared.EndsWith("ratio of inputs", StringComparison.Ordinal));
        Assert.Equal(8, inputs.Pairs);
        Assert.InRange(inputs.MeanAbsoluteError!.Value, 0, 0.6);
        Assert.InRange(inputs.Pearson!.Value, 0.98, 1);
        Assert.All(measured.Schemes[3].Blocks, block => Assert.Equal(block.Output.MeasuredSqnr!.Value, block.Output.Sqnr!.Value, 0.6));
        Assert.NotEmpty(measured.Schemes[0].WorstMisses);

        using var document = JsonDocument.Parse(JsonSerializer.Serialize(measured, EvalJson.Default.ForecastResult));
        Assert.Equal(ForecastResult.CurrentVersion, document.RootElement.GetProperty("version").GetInt32());
        Assert.Equal(JsonValueKind.Number, document.RootElement.GetProperty("schemes")[0].GetProperty("linears")[0].GetProperty("input").GetProperty("bitsLost").ValueKind);
    }

    [Fact]
    public void Run_WithDamage_ScoresEachLinearAlone()
    {
        using var model = EvaluatedModel.Random();
        var profile = model.Calibrate(s_text, "text", 32, 3);
        var scheme = Scheme.Parse("w4a4-tensor-static");
        var progress = new List<ArmProgress>();

        var result = Forecaster.Run(
            model.Model, model.Tokenizer, profile, s_text, "text", new() { Schemes = [scheme], MeasuresDamage = true, Text = s_windows, Progress = progress.Add });

        var plan = QuantizationPlanner.Plan(model.Model, profile, new QuantizationOptions { Scheme = scheme });
        var alone = Quantizer.Apply(model.Model, plan with { Linears = [plan.Linears[3]] });
        var expected = PerplexityEvaluator.Run(alone, model.Tokenizer, s_text, "text", s_windows).MeanNll - PerplexityEvaluator.Run(model.Model, model.Tokenizer, s_text, "text", s_windows).MeanNll;
        Assert.Equal(expected, result.Schemes[0].Linears[3].Damage!.DeltaNll, 1e-12);
        Assert.All(result.Schemes[0].Linears, linear => Assert.NotNull(linear.Damage));
        Assert.NotNull(result.Baseline);
        Assert.Contains(result.Schemes[0].Agreement, agreement => agreement.Compared.StartsWith("forecast noise", StringComparison.Ordinal) && agreement.Pairs == 14);
        Assert.Equal((15, 16), (progress[^1].Arm, progress[^1].ArmCount));
        Assert.Contains("Of the 1 that do most", result.Verdict[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ProfileOfAnotherModel_IsRefused()
    {
        using var model = EvaluatedModel.Random();
        using var other = EvaluatedModel.Random(new RandomCheckpoint { Seed = 9 });

        Assert.Throws<ArgumentException>(() => Forecaster.Run(model.Model, other.Calibrate(s_text, "text", 32, 2), new() { Schemes = [Scheme.Parse("w4a16")] }));
        Assert.Throws<ArgumentException>(() => Forecaster.Run(model.Model, model.Calibrate(s_text, "text", 32, 2), new() { Schemes = [] }));
    }

    [SharedTheory]
    [Trait("Category", "Trained")]
    [InlineData("tiny-llama", 0.98, 0.9)]
    [InlineData("tiny-gpt2", 0.95, 0.8)]
    public void Run_SharedModel_ForecastsInputsAndBlocks(string name, double correlationAt8Bits, double correlationAt4Bits)
    {
        using var model = EvaluatedModel.Shared(name);
        var profile = model.Calibrate(File.ReadAllText(SharedData.Require("text/calib.txt")), "calib.txt", 256, 8);

        var result = Forecaster.Run(
            model.Model, model.Tokenizer, profile, File.ReadAllText(SharedData.Require("text/valid.txt")), "valid.txt",
            new() { Schemes = [.. new[] { "w8a8-tensor-static", "w8a4-tensor-static", "residual-int8" }.Select(Scheme.Parse)], Text = new() { Context = 256, MaxWindows = 2 } });

        Assert.InRange(result.Schemes[0].Agreement[0].Pearson!.Value, correlationAt8Bits, 1);
        Assert.InRange(result.Schemes[1].Agreement[0].Pearson!.Value, correlationAt4Bits, 1);
        Assert.InRange(result.Schemes[2].Agreement[0].MeanAbsoluteError!.Value, 0, 0.3);
    }

    /// <summary>Rounds, multiplies and compares one linear in double-precision loops.</summary>
    private sealed class PlainMeasurement(FloatLinear exact, QuantizedLinear quantized) : IForwardObserver, IWindowConsumer
    {
        private double _inputSignal, _inputNoise, _signal, _noise, _signalElsewhere, _noiseElsewhere;

        public double Input => 10 * Math.Log10(_inputSignal / _inputNoise);

        public double Output => 10 * Math.Log10(_signal / _noise);

        public double OutputElsewhere => 10 * Math.Log10(_signalElsewhere / _noiseElsewhere);

        public bool Wants(ObservationPoint point) => point.LinearName == exact.Name;

        public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
        {
            var weights = quantized.Weights;
            var bytes = WeightPacking.BytesPerRow(weights.Format, columns);
            var codes = new sbyte[columns];
            var row = new float[columns];
            for (var token = 0; token < rows; token++)
            {
                float[] x = values.Slice(token * columns, columns).ToArray();
                float[] rounded = [.. x.Select(value => Round(value, x.Max(Math.Abs)))];
                _inputSignal += x.Sum(value => (double)value * value);
                _inputNoise += x.Zip(rounded).Sum(pair => Math.Pow(pair.First - (double)pair.Second, 2));
                for (var r = 0; r < exact.OutFeatures; r++)
                {
                    exact.ReadRow(r, row);
                    WeightPacking.UnpackRow(weights.Format, weights.Codes.Span.Slice(r * bytes, bytes), codes);
                    double y = 0, approximate = 0;
                    for (var c = 0; c < columns; c++)
                    {
                        y += (double)row[c] * x[c];
                        approximate += codes[c] * (double)weights.Scales.Span[r] * rounded[c];
                    }

                    _signal += y * y;
                    _noise += (y - approximate) * (y - approximate);
                    _signalElsewhere += token == 0 ? 0 : y * y;
                    _noiseElsewhere += token == 0 ? 0 : (y - approximate) * (y - approximate);
                }
            }
        }

        public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
        {
        }

        private float Round(float value, float tokenAbsMax)
        {
            var rule = quantized.Activations;
            if (rule.Granularity == ActivationGranularity.Float)
            {
                return value;
            }

            var scale = rule.Granularity == ActivationGranularity.TensorStatic ? rule.StaticScale : tokenAbsMax / rule.QMax;
            return scale * Math.Clamp(MathF.Round(value / scale), -rule.QMax, rule.QMax);
        }
    }
}
