using System.Text.Json;
using OutlierQuant.Checkpoints;
using OutlierQuant.Testing;
using Xunit;
using Xunit.Abstractions;

namespace OutlierQuant.Models.Tests;

/// <summary>The trained models beside the repository against the outputs recorded with them.</summary>
public sealed class GoldenTests(ITestOutputHelper output)
{
    /// <summary>Both sides are float32 sums in different orders over at most 8 blocks; the observed difference is about 1e-6 of the range.</summary>
    private const double LogitTolerance = 2e-5;

    /// <summary>A relative error of single values; the observed one is below 1e-5.</summary>
    private const double MagnitudeTolerance = 1e-4;

    [SharedTheory]
    [InlineData("tiny-llama", 0)]
    [InlineData("tiny-llama", 1)]
    [InlineData("tiny-llama", 2)]
    [InlineData("tiny-gpt2", 0)]
    [InlineData("tiny-gpt2", 1)]
    [InlineData("tiny-gpt2", 2)]
    public void Logits_RecordedPrompt_EqualRecordedLogits(string name, int prompt)
    {
        string directory = SharedData.Require($"models/{name}");
        using TensorStore golden = TensorStore.Open(Path.Combine(directory, "golden", "logits.safetensors"));
        using JsonDocument tokens = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "golden", "tokens.json")));
        int[] ids = Ids(tokens, prompt);
        using TestModel test = TestModel.Open(directory);
        float[] expected = new float[ids.Length * test.Model.Config.VocabularySize];
        golden.Require($"logits.{prompt}", ids.Length, test.Model.Config.VocabularySize).ReadAsFloat(0, expected);

        float[] actual = test.Model.Logits(ids);

        double difference = expected.Zip(actual, (left, right) => Math.Abs((double)left - right)).Max();
        double range = expected.Max() - expected.Min();
        output.WriteLine($"{name} {prompt}: largest difference {difference / range:E2} of the logits' range {range:F2}");
        Assert.True(difference <= LogitTolerance * range, $"{difference} of {range}");
    }

    [SharedTheory]
    [InlineData("tiny-llama")]
    [InlineData("tiny-gpt2")]
    public void BlockOutputs_RecordedPrompts_HaveTheRecordedLargestValues(string name)
    {
        string directory = SharedData.Require($"models/{name}");
        using JsonDocument layerwise = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "golden", "layerwise.json")));
        using JsonDocument tokens = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "golden", "tokens.json")));
        using TestModel test = TestModel.Open(directory);
        int hiddenSize = test.Model.Config.HiddenSize;
        foreach (JsonElement recorded in layerwise.RootElement.GetProperty("prompts").EnumerateArray())
        {
            int[] ids = Ids(tokens, recorded.GetProperty("prompt").GetInt32());
            RecordingObserver observer = new(point => point.Kind == ObservationKind.BlockOutput);
            _ = Windows.Run(test.Model, [ids], new ForwardOptions { Observer = observer });

            Assert.Equal(test.Model.Config.BlockCount, recorded.GetProperty("blocks").GetArrayLength());
            foreach (JsonElement block in recorded.GetProperty("blocks").EnumerateArray())
            {
                float[] values = observer.Seen.Single(seen => seen.Point.Block == block.GetProperty("block").GetInt32()).Values;
                Assert.All(block.GetProperty("top5").EnumerateArray(), top =>
                {
                    double expected = top.GetProperty("value").GetDouble();
                    float actual = values[(top.GetProperty("pos").GetInt32() * hiddenSize) + top.GetProperty("channel").GetInt32()];
                    Assert.InRange(actual, expected - (MagnitudeTolerance * Math.Abs(expected)), expected + (MagnitudeTolerance * Math.Abs(expected)));
                });
                double largest = Math.Abs(block.GetProperty("max").GetDouble());
                Assert.InRange(values.Max(Math.Abs), largest * (1 - MagnitudeTolerance), largest * (1 + MagnitudeTolerance));
            }
        }
    }

    private static int[] Ids(JsonDocument tokens, int prompt) => [.. tokens.RootElement[prompt].GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
}
