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
        int[] ids = [.. tokens.RootElement[prompt].GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
        using TestModel test = TestModel.Open(directory);
        float[] expected = new float[ids.Length * test.Model.Config.VocabularySize];
        golden.Require($"logits.{prompt}", ids.Length, test.Model.Config.VocabularySize).ReadAsFloat(0, expected);

        float[] actual = test.Model.Logits(ids);

        double difference = expected.Zip(actual, (left, right) => Math.Abs((double)left - right)).Max();
        double range = expected.Max() - expected.Min();
        output.WriteLine($"{name} {prompt}: largest difference {difference / range:E2} of the logits' range {range:F2}");
        Assert.True(difference <= LogitTolerance * range, $"{difference} of {range}");
    }
}
