using System.Runtime.CompilerServices;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Devices;
using OutlierQuant.Models.Linears;
using OutlierQuant.Models.Tests.Linears;
using OutlierQuant.Testing;
using OutlierQuant.Testing.Devices;
using Xunit;

namespace OutlierQuant.Models.Tests.Devices;

/// <summary>What stays on a device, what gives way, and what is given back.</summary>
public sealed class ModelDeviceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ModelDeviceTests() => new RandomCheckpoint { BlockCount = 4 }.Write(_directory.Path);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Run_Twice_UploadsWeightsOnce()
    {
        using HostDevice device = new();
        using ModelDevice weights = new(device);
        using TestModel test = TestModel.Open(_directory.Path, device: weights);
        _ = test.Model.Logits(TestTokens.Random(12));
        (long uploaded, long inUse) = (device.BytesUploaded, device.BytesInUse);

        _ = test.Model.Logits(TestTokens.Random(12));

        Assert.Equal(inUse, device.BytesInUse);
        Assert.InRange(device.BytesUploaded - uploaded, 0, uploaded / 10);
        Assert.True(inUse > test.Model.Linears.Sum(linear => linear.WeightByteSize));
    }

    [Fact]
    public void Run_ModelLargerThanTheDevice_TakesTurnsAndGivesTheSameBits()
    {
        int[] ids = TestTokens.Random(12);
        using HostDevice large = new();
        using ModelDevice all = new(large);
        using TestModel roomy = TestModel.Open(_directory.Path, device: all);
        float[] expected = roomy.Model.Logits(ids);
        using HostDevice small = new(memoryBytes: large.BytesInUse / 2);
        using ModelDevice some = new(small);
        using TestModel cramped = TestModel.Open(_directory.Path, device: some);

        Assert.Equal(expected, cramped.Model.Logits(ids));
        Assert.True(small.BytesUploaded > large.BytesUploaded / 2);
    }

    [Fact]
    public void Run_NoRoomForOneLinear_SaysWhatAndHowMuch()
    {
        using HostDevice device = new(memoryBytes: 5000);
        using ModelDevice weights = new(device);
        using TestModel test = TestModel.Open(_directory.Path, device: weights);

        DeviceMemoryException refusal = Assert.Throws<DeviceMemoryException>(() => test.Model.Logits([0, 5, 6]));

        Assert.Contains("host:0", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("asked", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LlamaForCausalLM")]
    [InlineData("GPT2LMHeadModel")]
    public void Append_OneToken_UploadsItsNumberAndPosition(string architecture)
    {
        new RandomCheckpoint { Architecture = architecture }.Write(_directory.Path);
        using HostDevice device = new();
        using ModelDevice weights = new(device);
        using TestModel test = TestModel.Open(_directory.Path, device: weights);
        using DecodingSession session = new(test.Model);
        _ = session.Append([0, 5, 6]);
        long uploaded = device.BytesUploaded;

        _ = session.Append([7]);

        // A position is a row of a table, or cosines and sines of half a head.
        int position = test.Model.HasLearnedPositions ? sizeof(int) : sizeof(float) * test.Model.Config.HeadSize;
        Assert.Equal(sizeof(int) + position, device.BytesUploaded - uploaded);
    }

    [Fact]
    public void Run_TiedHead_SharesTheEmbeddingsUpload()
    {
        int[] ids = TestTokens.Random(12);
        (long Uploaded, long InUse) tied = Run(isTied: true), untied = Run(isTied: false);
        long table = sizeof(float) * 32L * ByteTokenizer.VocabularySize;

        Assert.Equal(table, untied.Uploaded - tied.Uploaded);
        Assert.Equal(table, untied.InUse - tied.InUse);

        (long Uploaded, long InUse) Run(bool isTied)
        {
            new RandomCheckpoint { TieWordEmbeddings = isTied }.Write(_directory.Path);
            using HostDevice device = new();
            using ModelDevice weights = new(device);
            using TestModel test = TestModel.Open(_directory.Path, device: weights);
            _ = test.Model.Logits(ids);
            return (device.BytesUploaded, device.BytesInUse);
        }
    }

    [Fact]
    public void Run_TiedHeadThatGaveWay_ComesBackWithTheSameBits()
    {
        new RandomCheckpoint { TieWordEmbeddings = true, BlockCount = 4 }.Write(_directory.Path);
        int[] ids = TestTokens.Random(12);
        using HostDevice large = new();
        using ModelDevice all = new(large);
        using TestModel roomy = TestModel.Open(_directory.Path, device: all);
        float[] expected = roomy.Model.Logits(ids);
        using HostDevice small = new(memoryBytes: large.BytesInUse * 2 / 3);
        using (ModelDevice some = new(small))
        {
            using TestModel cramped = TestModel.Open(_directory.Path, device: some);
            Assert.Equal(expected, cramped.Model.Logits(ids));
            Assert.Equal(expected, cramped.Model.Logits(ids));
        }

        Assert.Equal(0, small.BytesInUse);
        Assert.True(small.BytesUploaded > large.BytesUploaded * 3 / 2);
    }

    [Fact]
    public void Share_MatrixInSlabs_LooksUpTheSameRows()
    {
        using HostDevice device = new();
        using ModelDevice weights = new(device);
        using TestModel test = TestModel.Open(_directory.Path, device: weights);
        FloatMatrix inSlabs = new(test.Model.Embedding.Tokens.Tensor, slabBytes: 1000);
        using DeviceMatrix first = weights.Share(inSlabs), second = weights.Share(inSlabs);
        Assert.Same(first, second);
        Assert.InRange(first.Slabs.Count, 2, inSlabs.Rows);
        long uploaded = device.BytesUploaded;
        int[] ids = TestTokens.Random(20);

        float[] logits = test.Model.Logits(ids);

        // The model's own embedding finds the slabs that are there.
        Assert.InRange(device.BytesUploaded - uploaded, 1, test.Model.Linears.Sum(linear => linear.WeightByteSize) + 20_000);
        using HostDevice plain = new();
        using ModelDevice others = new(plain);
        using TestModel whole = TestModel.Open(_directory.Path, device: others);
        Assert.Equal(whole.Model.Logits(ids), logits);
    }

    [Fact]
    public void Run_ModelThatIsGone_LeavesTheDevice()
    {
        using HostDevice device = new();
        using ModelDevice weights = new(device);
        using TestModel test = TestModel.Open(_directory.Path, device: weights);
        _ = test.Model.Logits([0, 5, 6]);
        long inUse = device.BytesInUse;
        RunQuantized(test.Model);
        Assert.InRange(device.BytesInUse, inUse + 1, long.MaxValue);

        // Whatever is uploaded next frees what nothing uses any more.
        GC.Collect();
        weights.LinearOf(new FloatLinear("one more", 0, LinearRole.Up, ((FloatLinear)test.Model.Linears[0]).Weight, false, null));

        Assert.Equal(inUse, device.BytesInUse);
    }

    // A method of its own, so that no local variable of the test keeps the model.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RunQuantized(TransformerModel model)
    {
        QuantizedLinear Quantized(Linear linear) => new(
            linear.Name, linear.Block, linear.Role, TestWeights.Random(WeightFormat.Int8, linear.OutFeatures, linear.InFeatures, linear.InFeatures, [1]),
            new ActivationQuantization(ActivationGranularity.Token, 8, float.NaN, []), null, null, null);
        using TransformerModel quantized = model.With(Quantized);
        _ = quantized.Logits([0, 5, 6]);
    }

    [Fact]
    public void Dispose_AfterPassesAndSessions_GivesEverythingBack()
    {
        using HostDevice device = new();
        using (ModelDevice weights = new(device))
        {
            using TestModel test = TestModel.Open(_directory.Path, device: weights);
            _ = test.Model.Logits(TestTokens.Random(12));
            using DecodingSession session = new(test.Model);
            _ = session.Append([0, 5, 6]);
            _ = session.Append([7]);
        }

        Assert.Equal(0, device.BytesInUse);
    }
}
