using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Generation;
using OutlierQuant.Testing.Devices;
using Xunit;

namespace OutlierQuant.Models.Tests.Generation;

/// <summary>Choices without a sort of the vocabulary against those with one.</summary>
public sealed class TokenSamplerTests
{
    public static TheoryData<string> Kinds => ["spread", "usual", "flat", "ties", "long tail", "minus infinity"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Choose_OnTheHost_EqualsSortingAllTokens(string kind) => AssertEqualsSorting(kind, static (sampler, logits) => sampler.Choose(logits));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Choose_OnADevice_EqualsSortingAllTokens(string kind)
    {
        using HostDevice device = new();
        AssertEqualsSorting(kind, (sampler, logits) => Choose(sampler, device, logits));
    }

    [Fact]
    public void Choose_OnADevice_BringsLogitsBackOnlyWhereCandidatesDoNotSuffice()
    {
        using HostDevice device = new();
        float[] logits = Logits("usual", 5000, 1), flat = new float[5000];

        // e^−11 makes no candidate, but 60,000 of them are as probable as the one that is.
        float[] longTail = [.. Enumerable.Repeat(-11f, 60_000)];
        longTail[9] = 0;
        Assert.Equal(0, Downloaded(logits, 0.9));
        Assert.Equal(sizeof(float) * flat.Length, Downloaded(flat, 0.9));
        Assert.Equal(0, Downloaded(longTail, 0.2));
        Assert.Equal(sizeof(float) * longTail.Length, Downloaded(longTail, 0.9));

        long Downloaded(float[] values, double topP)
        {
            long before = device.BytesDownloaded;
            _ = Choose(new TokenSampler(new SamplingOptions(1, topP, 3)), device, values);
            return device.BytesDownloaded - before;
        }
    }

    private static void AssertEqualsSorting(string kind, Func<TokenSampler, float[], int> choose)
    {
        foreach (int vocabulary in (int[])[1, 2, 50, 3000])
        {
            foreach (double temperature in (double[])[1e-300, 0.125, 0.75, 1, 8, 1e300])
            {
                foreach (double topP in (double[])[1e-300, 0.3, 0.9, 0.95, 1 - 1e-16, 1])
                {
                    SamplingOptions options = new(temperature, topP, (ulong)vocabulary);
                    TokenSampler sampler = new(options);
                    RandomSource random = new(options.Seed);
                    for (int i = 0; i < 4; i++)
                    {
                        float[] logits = Logits(kind, vocabulary, i);
                        int expected = Sorted(logits, options, random.NextUnit()), actual = choose(sampler, logits);
                        Assert.True(expected == actual, $"{vocabulary} tokens, {options}, choice {i}: {actual}, not {expected}");
                    }
                }
            }
        }
    }

    private static int Choose(TokenSampler sampler, HostDevice device, float[] logits)
    {
        using DeviceBuffer buffer = device.Allocate(sizeof(float) * logits.Length, "logits");
        device.Upload(MemoryMarshal.AsBytes<float>(logits), buffer);
        return sampler.Choose(device, buffer, new float[logits.Length]);
    }

    /// <summary>The definition: of all tokens by falling probability, then by id, the fewest that reach top-p; of these one by a random number.</summary>
    private static int Sorted(float[] logits, SamplingOptions options, double unit)
    {
        double largest = logits.Max();
        (int Id, double Probability)[] sorted = [.. logits.Select((logit, id) => (id, Math.Exp((logit - largest) / options.Temperature))).OrderByDescending(token => token.Item2)];
        double total = sorted.Sum(token => token.Probability), kept = 0, reached = 0;
        int count = 0;
        while (count < sorted.Length && kept < options.TopP * total)
        {
            kept += sorted[count++].Probability;
        }

        return sorted.First(token => (reached += token.Probability) > unit * kept).Id;
    }

    private static float[] Logits(string kind, int vocabulary, int seed)
    {
        Random random = new((vocabulary * 10) + seed);
        float[] logits = [.. Enumerable.Range(0, vocabulary).Select(i => kind switch
        {
            "spread" => random.NextSingle() * 100,
            "usual" => 3 - (3 * MathF.Log(1 + i)) + random.NextSingle(),
            "flat" => -2.5f,
            "ties" => random.Next(4),
            "long tail" => -10.5f - random.NextSingle(),
            _ => random.Next(2) == 0 ? float.NegativeInfinity : random.NextSingle() * 12,
        })];
        random.Shuffle(logits);
        logits[vocabulary / 2] = Math.Max(logits[vocabulary / 2], 0);
        return logits;
    }
}
