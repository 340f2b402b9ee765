using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Devices;
using OutlierQuant.Models.Linears;
using OutlierQuant.Models.Tests.Linears;
using OutlierQuant.Models.Tests.Plain;
using OutlierQuant.Testing;
using OutlierQuant.Testing.Devices;
using Xunit;

namespace OutlierQuant.Models.Tests.Devices;

/// <summary>Forward passes on a device against those of the CPU.</summary>
public sealed class DevicePassTests : IDisposable
{
    /// <summary>Rounding of float32 over small blocks in another order, as a share of the range.</summary>
    private const double Tolerance = 5e-6;

    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string, string, RandomCheckpoint> Checkpoints
    {
        get
        {
            TheoryData<string, string, RandomCheckpoint> cases = [];
            foreach (string device in TestDevices.Names)
            {
                foreach (object[] row in ArchitectureTests.Checkpoints)
                {
                    cases.Add(device, (string)row[0], (RandomCheckpoint)row[1]);
                }
            }

            return cases;
        }
    }

    public static TheoryData<string> Devices => [.. TestDevices.Names];

    public static TheoryData<string, ActivationGranularity, int> Granularities
    {
        get
        {
            TheoryData<string, ActivationGranularity, int> cases = [];
            foreach (string device in TestDevices.Names)
            {
                cases.Add(device, ActivationGranularity.Float, 16);
                cases.Add(device, ActivationGranularity.TensorStatic, 8);
                cases.Add(device, ActivationGranularity.Tensor, 8);
                cases.Add(device, ActivationGranularity.Token, 8);
                cases.Add(device, ActivationGranularity.Token, 4);
            }

            return cases;
        }
    }

    public static TheoryData<string, string, int> ResidualRules
    {
        get
        {
            TheoryData<string, string, int> cases = [];
            foreach (string device in TestDevices.Names)
            {
                foreach (string preserve in (string[])["none", "channels", "clip", "mean"])
                {
                    cases.Add(device, preserve, 4);
                }

                cases.Add(device, "channels", 8);
            }

            return cases;
        }
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Checkpoints))]
    public void Logits_RandomCheckpoint_EqualPlainImplementation(string deviceName, string name, RandomCheckpoint checkpoint)
    {
        checkpoint.Write(_directory.Path);
        int[] ids = TestTokens.Random(41);
        double[] expected = [.. new PlainTransformer(new PlainCheckpoint(_directory.Path)).Logits(ids).SelectMany(row => row)];
        using IDevice device = TestDevices.Open(deviceName);
        using ModelDevice weights = new(device);
        using TestModel test = TestModel.Open(_directory.Path, device: weights);

        Close.Assert(expected, test.Model.Logits(ids), Tolerance, name);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Append_InPieces_EqualsTheWholePass(string deviceName)
    {
        new RandomCheckpoint { Architecture = "MistralForCausalLM", SlidingWindow = 20 }.Write(_directory.Path);
        int[] ids = TestTokens.Random(57);
        using IDevice device = TestDevices.Open(deviceName);
        using ModelDevice weights = new(device);
        using TestModel test = TestModel.Open(_directory.Path, device: weights);
        float[] whole = test.Model.Logits(ids);
        int vocabulary = test.Model.Config.VocabularySize;
        using DecodingSession session = new(test.Model);
        int position = 0;
        foreach (int count in (int[])[1, 1, 5, 33, 1, 16])
        {
            float[] logits = session.Append(ids.AsSpan(position, count)).ToArray();
            position += count;
            double[] expected = [.. whole.Skip((position - 1) * vocabulary).Take(vocabulary).Select(logit => (double)logit)];
            Close.Assert(expected, logits, Tolerance, $"{position} tokens");
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Run_Observer_SeesWhatItSeesOnTheCpu(string deviceName)
    {
        new RandomCheckpoint { Architecture = "Qwen3ForCausalLM", HeadSize = 16 }.Write(_directory.Path);
        int[][] windows = [TestTokens.Random(40, seed: 1), TestTokens.Random(5, seed: 2)];
        RecordingObserver onCpu = new(_ => true), onDevice = new(_ => true);
        using (TestModel test = TestModel.Open(_directory.Path))
        {
            _ = Windows.Run(test.Model, windows, new ForwardOptions { Observer = onCpu });
        }

        using IDevice device = TestDevices.Open(deviceName);
        using ModelDevice weights = new(device);
        using (TestModel test = TestModel.Open(_directory.Path, device: weights))
        {
            _ = Windows.Run(test.Model, windows, new ForwardOptions { Observer = onDevice });
        }

        Assert.Equal(onCpu.Seen.Select(seen => (seen.Point, seen.Window, seen.Chunk.FirstPosition, seen.Rows, seen.Columns)), onDevice.Seen.Select(seen => (seen.Point, seen.Window, seen.Chunk.FirstPosition, seen.Rows, seen.Columns)));
        foreach (((ObservationPoint point, _, _, float[] expected, _, _), (_, _, _, float[] actual, _, _)) in onCpu.Seen.Zip(onDevice.Seen))
        {
            Close.Assert([.. expected.Select(value => (double)value)], actual, Tolerance, point.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Granularities))]
    public void Logits_QuantizedLinears_EqualTheCpus(string deviceName, ActivationGranularity granularity, int bits)
    {
        new RandomCheckpoint { AttentionBias = true }.Write(_directory.Path);
        int[] ids = TestTokens.Random(19);
        using TestModel onCpu = TestModel.Open(_directory.Path);
        using IDevice device = TestDevices.Open(deviceName);
        using ModelDevice weights = new(device);
        using TestModel onDevice = TestModel.Open(_directory.Path, device: weights);
        using TransformerModel expected = onCpu.Model.With(Quantized), actual = onDevice.Model.With(Quantized);

        // A code may round the other way where float sums in another order meet a tie: one code of a random model moves logits by less than this.
        Close.Assert([.. expected.Logits(ids).Select(value => (double)value)], actual.Logits(ids), granularity == ActivationGranularity.Float ? Tolerance : 2e-3, granularity.ToString());

        QuantizedLinear Quantized(Linear linear)
        {
            int[] excluded = granularity is ActivationGranularity.Tensor or ActivationGranularity.Token ? [5, 6] : [];
            ActivationQuantization activations = new(granularity, bits, granularity == ActivationGranularity.TensorStatic ? 0.02f : float.NaN, excluded);
            WeightFormat format = (WeightFormat)((linear.Block + (int)linear.Role + 9) % 3);
            float[] constants = [.. Enumerable.Range(0, linear.OutFeatures).Select(row => row / 1000f)];
            QuantizedWeights codes = TestWeights.Random(format, linear.OutFeatures, linear.InFeatures, format == WeightFormat.Int4 ? 32 : linear.InFeatures, [1, 4]);
            return new(linear.Name, linear.Block, linear.Role, codes, activations, constants, constants, [.. constants.Reverse()]);
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Logits_TransformsAndForeignLinears_RunOnTheCpuBetween(string deviceName)
    {
        new RandomCheckpoint().Write(_directory.Path);
        int[] ids = TestTokens.Random(9);
        using TestModel onCpu = TestModel.Open(_directory.Path);
        using IDevice device = TestDevices.Open(deviceName);
        using ModelDevice weights = new(device);
        using TestModel onDevice = TestModel.Open(_directory.Path, device: weights);
        using TransformerModel expected = Changed(onCpu.Model), actual = Changed(onDevice.Model);

        Close.Assert([.. expected.Logits(ids).Select(value => (double)value)], actual.Logits(ids), Tolerance, "changed");

        static TransformerModel Changed(TransformerModel model) => model.With(
            linear => linear.Role == LinearRole.Down && linear.Block == 0 ? new ConstantLinear(linear, 0.25f) : linear, [new Doubling()]);
    }

    [Theory]
    [MemberData(nameof(ResidualRules))]
    public void Run_RoundedResidualStream_HasTheBitsOfTheCpusRounding(string deviceName, string preserve, int bits)
    {
        new RandomCheckpoint { BlockCount = 3 }.Write(_directory.Path);
        using IDevice device = TestDevices.Open(deviceName);
        using ModelDevice weights = new(device);
        using TestModel test = TestModel.Open(_directory.Path, device: weights);
        ResidualQuantizer quantizer = Residual(preserve, bits);
        Recording before = new(), after = new();
        using TransformerModel rounded = test.Model.With(transforms: [before, quantizer, after]);

        // The second window's first token is no sink, but the first window's is.
        _ = Windows.Run(rounded, [TestTokens.Random(21), [.. TestTokens.Random(4).Skip(1)]]);

        Assert.Equal(6, before.Seen.Count);
        foreach (((int block, SequenceChunk chunk, float[] hidden), (_, _, float[] actual)) in before.Seen.Zip(after.Seen))
        {
            float[] expected = [.. hidden];
            quantizer.Apply(block, chunk, expected, test.Model.Config.HiddenSize);
            Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), actual.Select(BitConverter.SingleToInt32Bits));
            Assert.Equal(block != 1, !hidden.SequenceEqual(actual));
        }
    }

    [Theory]
    [MemberData(nameof(ResidualRules))]
    public void Logits_RoundedResidualStream_EqualTheCpus(string deviceName, string preserve, int bits)
    {
        new RandomCheckpoint { BlockCount = 3 }.Write(_directory.Path);
        int[] ids = TestTokens.Random(19);
        using TestModel onCpu = TestModel.Open(_directory.Path);
        using IDevice device = TestDevices.Open(deviceName);
        using ModelDevice weights = new(device);
        using TestModel onDevice = TestModel.Open(_directory.Path, device: weights);
        using TransformerModel expected = onCpu.Model.With(transforms: [Residual(preserve, bits)]), actual = onDevice.Model.With(transforms: [Residual(preserve, bits)]);

        // No value of these lies so close to a tie that sums in another order change its code.
        Close.Assert([.. expected.Logits(ids).Select(value => (double)value)], actual.Logits(ids), Tolerance, preserve);
    }

    [Fact]
    public void Run_RoundedResidualStream_BringsNothingBack()
    {
        new RandomCheckpoint { BlockCount = 3 }.Write(_directory.Path);
        using HostDevice device = new();
        using ModelDevice weights = new(device);
        using TestModel test = TestModel.Open(_directory.Path, device: weights);
        using TransformerModel rounded = test.Model.With(transforms: [Residual("mean", 4)]);

        _ = Windows.Run(rounded, [TestTokens.Random(12)]);

        // The values behind the final norm, which the consumer asks for, and nothing between the blocks.
        Assert.Equal(sizeof(float) * 12L * test.Model.Config.HiddenSize, device.BytesDownloaded);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Logits_TableOfF64_AreThoseOfItsValuesInF32(string deviceName)
    {
        const string Table = "model.embed_tokens.weight";
        using TemporaryDirectory source = new();
        using TensorStore store = TensorStore.Open(new RandomCheckpoint().Write(source.Path));
        float[] values = new float[store.Require(Table).ElementCount];
        store.Require(Table).ReadAsFloat(0, values);
        File.Copy(source.File("config.json"), _directory.File("config.json"));
        SafetensorsWriter.Write(_directory.File("model.safetensors"), [
            .. store.Tensors.Where(tensor => tensor.Name != Table).Select(tensor => TensorToWrite.Copy(tensor)),
            TensorToWrite.From<double>(Table, TensorType.F64, [.. store.Require(Table).Shape], Array.ConvertAll(values, value => value * (1 + 1e-9)))]);
        int[] ids = TestTokens.Random(9);
        using IDevice device = TestDevices.Open(deviceName);
        using ModelDevice weights = new(device);
        using TestModel narrow = TestModel.Open(source.Path, device: weights), wide = TestModel.Open(_directory.Path, device: weights);

        Assert.Equal(narrow.Model.Logits(ids), wide.Model.Logits(ids));
    }

    private static ResidualQuantizer Residual(string preserve, int bits) => new(new ResidualQuantization
    {
        Bits = bits,
        Preserve = preserve,
        Blocks = [.. ((int[])[0, 2]).Select(block => new ResidualBlock { Block = block, Scale = 0.03f * (block + 1), Channels = [2, 5, 31], MeansAtSink = [9, -8, 7], MeansElsewhere = [0.5f, 0.25f, -0.125f] })],
    });

    private sealed class Recording : IBlockOutputTransform
    {
        public List<(int Block, SequenceChunk Chunk, float[] Hidden)> Seen { get; } = [];

        public void Apply(int block, SequenceChunk chunk, Span<float> hidden, int hiddenSize) => Seen.Add((block, chunk, hidden.ToArray()));
    }

    private sealed class Doubling : IBlockOutputTransform
    {
        public void Apply(int block, SequenceChunk chunk, Span<float> hidden, int hiddenSize)
        {
            for (int i = 0; i < hidden.Length; i++)
            {
                hidden[i] *= 2;
            }
        }
    }
}
