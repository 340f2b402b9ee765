using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Devices;
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
