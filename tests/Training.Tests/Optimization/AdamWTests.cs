using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models;
using OutlierQuant.Training.Optimization;
using OutlierQuant.Training.Parameters;
using Xunit;

namespace OutlierQuant.Training.Tests.Optimization;

public sealed class AdamWTests : IDisposable
{
    private readonly ComputeContext _compute = new(KernelSuite.Choose(), new WorkerTeam(2));

    public void Dispose() => _compute.Team.Dispose();

    [Fact]
    public void Step_HandWorkedNumbers_DecaysMatricesOnly()
    {
        ParameterSet set = new();
        Parameter matrix = set.Add(ParameterKind.MlpInput, 1, 1), gain = set.Add(ParameterKind.NormGain, 1, 1);
        set.Allocate();
        (matrix.Values.Span[0], gain.Values.Span[0]) = (2, 2);
        (matrix.Gradient.Span[0], gain.Gradient.Span[0]) = (10, 10);
        AdamW optimizer = new(set, _compute);

        optimizer.Step(1, learningRate: 0.1, weightDecay: 0.5, gradientFactor: 0.1);

        // The gradient is 10 · 0.1 = 1, so m = 0.1 and v = 0.05; corrected they are 1 and 1, and the step is 0.1 · 1 / 1. Decay takes 0.1 · 0.5 · 2 off the matrix.
        Assert.Equal(2 - 0.1 - 0.1, matrix.Values.Span[0], 6);
        Assert.Equal(2 - 0.1, gain.Values.Span[0], 6);
        Assert.Equal((0.1f, 0.05f), (MathF.Round(optimizer.FirstMoments[0], 6), MathF.Round(optimizer.SecondMoments[0], 6)));
    }

    [Fact]
    public void Step_ManyValuesAndSteps_EqualsTheDefinition()
    {
        const int Count = 20_011;
        ParameterSet set = new();
        Parameter matrix = set.Add(ParameterKind.AttentionOutput, 1, Count);
        set.Allocate();
        AdamW optimizer = new(set, _compute);
        Random random = new(4);
        double[] p = new double[Count], m = new double[Count], v = new double[Count];
        for (int i = 0; i < Count; i++)
        {
            matrix.Values.Span[i] = (float)random.NextDouble();
            p[i] = matrix.Values.Span[i];
        }

        for (int step = 1; step <= 5; step++)
        {
            double rate = 0.01 * step;
            for (int i = 0; i < Count; i++)
            {
                matrix.Gradient.Span[i] = (float)(random.NextDouble() - 0.5);
                double g = 0.7 * matrix.Gradient.Span[i];
                m[i] = (0.9 * m[i]) + (0.1 * g);
                v[i] = (0.95 * v[i]) + (0.05 * g * g);
                p[i] = p[i] - (rate * 0.1 * p[i]) - (rate * (m[i] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.95, step))) + 1e-8));
            }

            optimizer.Step(step, rate, 0.1, 0.7);
        }

        for (int i = 0; i < Count; i++)
        {
            Assert.InRange(matrix.Values.Span[i] - p[i], -2e-6, 2e-6);
        }
    }

    [Fact]
    public void GradientNorm_SeveralParameters_IsTheRootOfAllSquares()
    {
        ParameterSet set = new();
        Parameter first = set.Add(ParameterKind.Embedding, 100, 200), second = set.Add(ParameterKind.NormGain, 1, 3);
        set.Allocate();
        first.Gradient.Span.Fill(0.5f);
        second.Gradient.Span.Fill(2);

        Assert.Equal(Math.Sqrt((20_000 * 0.25) + (3 * 4)), new AdamW(set, _compute).GradientNorm(), 10);
    }

    [Theory]
    [InlineData(1, 0.25)]
    [InlineData(4, 1)]
    [InlineData(9, 0.55)]
    [InlineData(14, 0.1)]
    public void Schedule_HandWorkedSteps_RisesThenFallsAlongACosine(int step, double expected)
    {
        TrainingOptions options = new() { Steps = 14, WarmUpSteps = 4, LearningRate = 1, FinalShare = 0.1 };

        Assert.Equal(expected, LearningRateSchedule.At(step, options), 12);
    }

    [Fact]
    public void Schedule_WithoutWarmUpOrWithNothingElse_IsFinite()
    {
        Assert.InRange(LearningRateSchedule.At(1, new() { Steps = 2, WarmUpSteps = 0, LearningRate = 1 }), 0.5, 0.6);
        Assert.Equal(1, LearningRateSchedule.At(3, new() { Steps = 3, WarmUpSteps = 3, LearningRate = 1 }));
    }
}
