using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Devices;
using OutlierQuant.Models.Generation;
using OutlierQuant.Testing;
using OutlierQuant.Testing.Devices;
using Xunit;

namespace OutlierQuant.Models.Tests.Devices;

/// <summary>Tokens chosen where the logits are.</summary>
public sealed class DeviceGenerationTests : IDisposable
{
    private static readonly int[] Prompt = [0, 40, 41];

    private readonly TemporaryDirectory _directory = new();

    public DeviceGenerationTests() => new RandomCheckpoint().Write(_directory.Path);

    public static TheoryData<string> Devices => [.. TestDevices.Names];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Devices))]
    public void Generate_GreedyOrSampled_GivesTheTokensOfTheCpu(string deviceName)
    {
        using TestModel onCpu = TestModel.Open(_directory.Path);
        using IDevice device = TestDevices.Open(deviceName);
        using ModelDevice weights = new(device);
        using TestModel onDevice = TestModel.Open(_directory.Path, device: weights);
        foreach (SamplingOptions options in (SamplingOptions[])[SamplingOptions.Greedy, new(0.8, 0.9, 7), new(1, 1, 8)])
        {
            Assert.Equal(Generate(onCpu.Model, options), Generate(onDevice.Model, options));
        }
    }

    [Fact]
    public void Generate_GreedyOrSampled_BringsNoLogitsBack()
    {
        using HostDevice device = new();
        using ModelDevice weights = new(device);
        using TestModel test = TestModel.Open(_directory.Path, device: weights);

        foreach (SamplingOptions options in (SamplingOptions[])[SamplingOptions.Greedy, new(0.8, 0.9, 7), new(1, 1, 7)])
        {
            Assert.Equal(20, Generate(test.Model, options).Length);
            Assert.Equal(0, device.BytesDownloaded);
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Generate_LogitThatIsNaN_Fails(string deviceName)
    {
        using IDevice device = TestDevices.Open(deviceName);
        using ModelDevice weights = new(device);
        using TestModel test = TestModel.Open(_directory.Path, device: weights);
        using TransformerModel spoiled = test.Model.With(transforms: [new Spoiling()]);
        foreach (SamplingOptions options in (SamplingOptions[])[SamplingOptions.Greedy, new(0.8, 0.9, 7)])
        {
            InvalidOperationException failed = Assert.Throws<InvalidOperationException>(() => Generate(spoiled, options));
            Assert.Equal("The largest logit is NaN; the next token needs finite logits.", failed.Message);
        }
    }

    private static int[] Generate(TransformerModel model, SamplingOptions options)
    {
        using DecodingSession session = new(model);
        return [.. TextGenerator.Generate(session, Prompt, 20, options, [])];
    }

    private sealed class Spoiling : IBlockOutputTransform
    {
        public void Apply(int block, SequenceChunk chunk, Span<float> hidden, int hiddenSize) => hidden[^1] = float.NaN;
    }
}
