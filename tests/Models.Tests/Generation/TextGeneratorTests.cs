using System.Numerics.Tensors;
using OutlierQuant.Models.Generation;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Models.Tests.Generation;

public sealed class TextGeneratorTests : IDisposable
{
    private static readonly int[] Prompt = [0, 40, 41];

    private readonly TemporaryDirectory _directory = new();
    private readonly TestModel _test;

    public TextGeneratorTests() => _test = TestModel.Open(new RandomCheckpoint().Write(_directory.Path));

    public void Dispose()
    {
        _test.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Generate_Greedy_EqualsArgmaxOfWholeForwardPasses()
    {
        int[] generated = Generate(20, SamplingOptions.Greedy, []);

        List<int> expected = [.. Prompt];
        for (int i = 0; i < 20; i++)
        {
            float[] logits = _test.Model.Logits([.. expected]);
            expected.Add(TensorPrimitives.IndexOfMax<float>(logits.AsSpan(^258..)));
        }

        Assert.Equal(expected[Prompt.Length..], generated);
    }

    [Fact]
    public void Generate_Seed_DecidesTheText()
    {
        int[] first = Generate(30, new SamplingOptions(1, 1, 7), []);

        Assert.Equal(first, Generate(30, new SamplingOptions(1, 1, 7), []));
        Assert.NotEqual(first, Generate(30, new SamplingOptions(1, 1, 8), []));
    }

    [Fact]
    public void Generate_StopToken_IsGivenAndEndsTheText()
    {
        int[] whole = Generate(10, new SamplingOptions(1, 1, 7), []);
        int stop = whole[4];

        int[] stopped = Generate(10, new SamplingOptions(1, 1, 7), [stop]);

        Assert.Equal(whole[..(Array.IndexOf(whole, stop) + 1)], stopped);
    }

    [Fact]
    public void Generate_LastToken_IsNotComputed()
    {
        DecodingSession session = new(_test.Model);

        Assert.Equal(5, TextGenerator.Generate(session, Prompt, 5, SamplingOptions.Greedy, []).Count());

        Assert.Equal(Prompt.Length + 4, session.Position);
    }

    [Fact]
    public void Generate_PastTheLastPosition_Fails()
    {
        ArgumentException wrong = Assert.Throws<ArgumentException>(() => Generate(63, SamplingOptions.Greedy, []));

        Assert.Equal("The sequence needs 65 positions; the model has 64.", wrong.Message);
        Assert.Equal(62, Generate(62, SamplingOptions.Greedy, []).Length);
    }

    [Theory]
    [InlineData(-0.1, 1, "The temperature is -0.1; it must be finite and at least 0.")]
    [InlineData(double.NaN, 1, "The temperature is NaN; it must be finite and at least 0.")]
    [InlineData(1, 0, "Top-p is 0; it must be above 0 and at most 1.")]
    [InlineData(1, 1.5, "Top-p is 1.5; it must be above 0 and at most 1.")]
    public void Generate_WrongOptions_FailsAtOnce(double temperature, double topP, string message)
    {
        DecodingSession session = new(_test.Model);

        ArgumentException wrong = Assert.Throws<ArgumentException>(() => TextGenerator.Generate(session, Prompt, 5, new SamplingOptions(temperature, topP, 1), []));

        Assert.Equal(message, wrong.Message);
        Assert.Equal(0, session.Position);
    }

    [Fact]
    public void Choose_TopP_KeepsTheFewestTokensThatReachIt()
    {
        // Probabilities 0.1, 0.5, 0.3, 0.1: 0.75 needs ids 1 and 2.
        float[] logits = [.. new[] { 0.1, 0.5, 0.3, 0.1 }.Select(probability => (float)Math.Log(probability))];
        TokenSampler sampler = new(new SamplingOptions(1, 0.75, 3));

        int[] counts = new int[4];
        for (int i = 0; i < 8000; i++)
        {
            counts[sampler.Choose(logits)]++;
        }

        Assert.Equal(0, counts[0] + counts[3]);
        Assert.InRange(counts[1] / 8000.0, 0.605, 0.645);
    }

    [Fact]
    public void Choose_Temperature_SharpensTheDistribution()
    {
        // At temperature 0.5 the odds of 3 to 1 become 9 to 1.
        float[] logits = [MathF.Log(3), 0];
        TokenSampler sampler = new(new SamplingOptions(0.5, 1, 3));

        int first = Enumerable.Range(0, 8000).Count(_ => sampler.Choose(logits) == 0);

        Assert.InRange(first / 8000.0, 0.887, 0.913);
    }

    [Fact]
    public void Choose_LogitsThatAreNotFinite_Fails()
    {
        TokenSampler sampler = new(SamplingOptions.Greedy);

        Assert.Throws<InvalidOperationException>(() => sampler.Choose([1, float.NaN, 0]));
        Assert.Throws<InvalidOperationException>(() => sampler.Choose([1, float.PositiveInfinity, 0]));
        Assert.Equal(2, sampler.Choose([float.NegativeInfinity, 0, 1, 1]));
    }

    [Fact]
    public void NextBits_SeedZero_GivesThePublishedSequence()
    {
        RandomSource random = new(0);

        Assert.Equal(0xE220A8397B1DCDAF, random.NextBits());
        Assert.Equal(0x6E789E6AA1B965F4UL, random.NextBits());
        Assert.Equal(0x06C45D188009454FUL, random.NextBits());
    }

    [Fact]
    public void NextUnit_StaysBelowOneWithMeanOneHalf()
    {
        RandomSource random = new(11);
        double[] units = [.. Enumerable.Range(0, 10000).Select(_ => random.NextUnit())];

        Assert.All(units, unit => Assert.InRange(unit, 0, 1 - 1e-16));
        Assert.InRange(units.Average(), 0.49, 0.51);
    }

    private int[] Generate(int maxTokens, SamplingOptions options, int[] stopIds) =>
        [.. TextGenerator.Generate(new DecodingSession(_test.Model), Prompt, maxTokens, options, stopIds)];
}
