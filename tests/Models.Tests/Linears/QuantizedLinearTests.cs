using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models.Linears;
using Xunit;

namespace OutlierQuant.Models.Tests.Linears;

public sealed class QuantizedLinearTests : IDisposable
{
    private const int Rows = 19;
    private const int Columns = 70;
    private const int Tokens = 5;

    private static readonly int[] Preserved = [0, 13, 69];

    private readonly WorkerTeam _team = new(2);

    public static TheoryData<WeightFormat, int, ActivationGranularity, int> Combinations
    {
        get
        {
            TheoryData<WeightFormat, int, ActivationGranularity, int> data = [];
            foreach (WeightFormat format in Enum.GetValues<WeightFormat>())
            {
                foreach (int groupSize in (int[])[Columns, 32])
                {
                    data.Add(format, groupSize, ActivationGranularity.Float, 16);
                    data.Add(format, groupSize, ActivationGranularity.TensorStatic, 8);
                    data.Add(format, groupSize, ActivationGranularity.Tensor, 8);
                    data.Add(format, groupSize, ActivationGranularity.Token, 8);
                    data.Add(format, groupSize, ActivationGranularity.Token, 4);
                }
            }

            return data;
        }
    }

    private ComputeContext Context => new(KernelSuite.Choose(), _team);

    public void Dispose() => _team.Dispose();

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Forward_EveryFormAndGranularity_EqualsTheFormula(WeightFormat format, int groupSize, ActivationGranularity granularity, int bits)
    {
        float staticScale = granularity == ActivationGranularity.TensorStatic ? 0.02f : float.NaN;
        int[] excluded = granularity is ActivationGranularity.Tensor or ActivationGranularity.Token ? [5, 6] : [];
        ActivationQuantization activations = new(granularity, bits, staticScale, excluded);
        QuantizedWeights weights = TestWeights.Random(format, Rows, Columns, groupSize, Preserved);
        float[] bias = Random(Rows, 2);
        float[] sink = Random(Rows, 3);
        float[] other = Random(Rows, 4);
        float[] input = Random(Tokens * Columns, 5);
        input[5] = 30;
        QuantizedLinear linear = new("l", 0, LinearRole.Down, weights, activations, bias, sink, other);
        float[] output = new float[Tokens * Rows];

        linear.Forward(input, Tokens, new SequenceChunk(new int[Tokens], 0, StartsWithBos: true), output, Context);

        double[,] matrix = TestWeights.Dequantize(weights);
        double[] rounded = Rounded(input, activations);
        double[] expected = new double[Tokens * Rows];
        for (int token = 0; token < Tokens; token++)
        {
            for (int row = 0; row < Rows; row++)
            {
                double sum = 0;
                for (int column = 0; column < Columns; column++)
                {
                    sum += matrix[row, column] * rounded[(token * Columns) + column];
                }

                expected[(token * Rows) + row] = sum + (token == 0 ? sink[row] : other[row]) + bias[row];
            }
        }

        Close.Assert(expected, output, 1e-6, linear.DescribeKernel(Context.Suite, Tokens));
    }

    [Theory]
    [InlineData(ActivationGranularity.Float, float.NaN, false)]
    [InlineData(ActivationGranularity.TensorStatic, float.NaN, false)]
    [InlineData(ActivationGranularity.TensorStatic, float.PositiveInfinity, false)]
    [InlineData(ActivationGranularity.Tensor, float.NaN, true)]
    [InlineData(ActivationGranularity.Tensor, float.NegativeInfinity, true)]
    [InlineData(ActivationGranularity.Token, float.NaN, false)]
    [InlineData(ActivationGranularity.Token, float.PositiveInfinity, false)]
    public void Forward_ActivationThatIsNotFinite_ReachesTheOutput(ActivationGranularity granularity, float value, bool spoilsEveryToken)
    {
        QuantizedWeights weights = TestWeights.Random(WeightFormat.Int8, Rows, Columns, Columns, Preserved);
        float staticScale = granularity == ActivationGranularity.TensorStatic ? 0.02f : float.NaN;
        int bits = granularity == ActivationGranularity.Float ? 16 : 8;
        QuantizedLinear linear = new("l", 0, LinearRole.Down, weights, new(granularity, bits, staticScale, []), null, null, null);
        float[] input = Random(Tokens * Columns, 5);
        input[(2 * Columns) + 7] = value;
        float[] output = new float[Tokens * Rows];

        linear.Forward(input, Tokens, new SequenceChunk(new int[Tokens], 0, false), output, Context);

        for (int token = 0; token < Tokens; token++)
        {
            Assert.All(output[(token * Rows)..((token + 1) * Rows)], result => Assert.Equal(token == 2 || spoilsEveryToken, float.IsNaN(result)));
        }
    }

    [Fact]
    public void Forward_NanInAPreservedChannel_ReachesTheOutput()
    {
        QuantizedWeights weights = TestWeights.Random(WeightFormat.Int8, Rows, Columns, Columns, Preserved);
        QuantizedLinear linear = new("l", 0, LinearRole.Down, weights, new(ActivationGranularity.Token, 8, float.NaN, []), null, null, null);
        float[] input = Random(Columns, 5);
        input[13] = float.NaN;
        float[] output = new float[Rows];

        linear.Forward(input, 1, new SequenceChunk(new int[1], 0, false), output, Context);

        Assert.All(output, result => Assert.True(float.IsNaN(result)));
    }

    [Theory]
    [InlineData(ActivationGranularity.Tensor)]
    [InlineData(ActivationGranularity.Token)]
    public void Forward_AllZeroInput_GivesZero(ActivationGranularity granularity)
    {
        QuantizedWeights weights = TestWeights.Random(WeightFormat.Int4, Rows, Columns, Columns, []);
        QuantizedLinear linear = new("l", 0, LinearRole.Down, weights, new(granularity, 8, float.NaN, []), null, null, null);
        float[] output = [.. Enumerable.Repeat(float.NaN, 2 * Rows)];

        linear.Forward(new float[2 * Columns], 2, new SequenceChunk(new int[2], 0, false), output, Context);

        Assert.All(output, result => Assert.Equal(0, result));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void Forward_AnyThreadCount_SameBits(int threads)
    {
        using WorkerTeam team = new(threads);
        QuantizedWeights weights = TestWeights.Random(WeightFormat.Int4, Rows, Columns, 32, Preserved);
        QuantizedLinear linear = new("l", 0, LinearRole.Down, weights, new(ActivationGranularity.Tensor, 8, float.NaN, []), null, null, null);
        float[] input = Random(Tokens * Columns, 5);
        float[] expected = new float[Tokens * Rows];
        float[] actual = new float[Tokens * Rows];

        linear.Forward(input, Tokens, default, expected, Context);
        linear.Forward(input, Tokens, default, actual, Context with { Team = team });

        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Forward_ConstantsWithoutBos_AreTheOthers()
    {
        QuantizedWeights weights = TestWeights.Random(WeightFormat.Int8, Rows, Columns, Columns, []);
        float[] ones = [.. Enumerable.Repeat(1f, Rows)];
        QuantizedLinear linear = new("l", 0, LinearRole.Down, weights, ActivationQuantization.Float, null, new float[Rows], ones);
        float[] output = new float[Rows];
        foreach (SequenceChunk chunk in (SequenceChunk[])[new(new int[1], 0, false), new(new int[1], 4, true)])
        {
            linear.Forward(new float[Columns], 1, chunk, output, Context);
            Assert.Equal(ones, output);
        }
    }

    public static TheoryData<string, Func<QuantizedWeights, QuantizedWeights>> WrongWeights => new()
    {
        { "Codes has length 5; [19, 70] Int8 in groups of 70 needs 1824.", weights => weights with { Codes = new byte[5] } },
        { "Scales has length 18; [19, 70] Int8 in groups of 70 needs 19.", weights => weights with { Scales = weights.Scales[1..] } },
        { "The group size is 71; a row of 70 columns needs 1 to 70.", weights => weights with { GroupSize = 71 } },
        { "The scale of row 2, group 0 is 0; it must be finite and above 0.", weights => weights with { Scales = Scales(2, 0) } },
        { "The scale of row 18, group 0 is -1; it must be finite and above 0.", weights => weights with { Scales = Scales(18, -1) } },
        { "The scale of row 0, group 0 is NaN; it must be finite and above 0.", weights => weights with { Scales = Scales(0, float.NaN) } },
        { "The scale of row 1, group 0 is Infinity; it must be finite and above 0.", weights => weights with { Scales = Scales(1, float.PositiveInfinity) } },
        { "The preserved channel at index 2 is 70; the channels are 0 to 69.", weights => weights with { PreservedChannels = [0, 13, 70] } },
        { "The preserved channel at index 0 is -1; the channels are 0 to 69.", weights => weights with { PreservedChannels = [-1, 13, 69] } },
        { "The preserved channel at index 1 is 13 after 13; the channels must be sorted and distinct.", weights => weights with { PreservedChannels = [13, 13, 69] } },
        { "PreservedColumns has length 57; [19, 70] Int8 in groups of 70 needs 38.", weights => weights with { PreservedChannels = [0, 13] } },
    };

    [Theory]
    [MemberData(nameof(WrongWeights))]
    public void Constructor_WrongWeights_SaysWhatIsWrong(string message, Func<QuantizedWeights, QuantizedWeights> spoil)
    {
        QuantizedWeights weights = spoil(TestWeights.Random(WeightFormat.Int8, Rows, Columns, Columns, Preserved));

        ArgumentException wrong = Assert.Throws<ArgumentException>(
            () => new QuantizedLinear("l", 0, LinearRole.Down, weights, ActivationQuantization.Float, null, null, null));

        Assert.Equal($"'l': {message}", wrong.Message);
    }

    [Theory]
    [InlineData(ActivationGranularity.Token, 16, float.NaN, "Activations of granularity Token have 16 bits; float has 16, codes have 4 or 8.")]
    [InlineData(ActivationGranularity.Float, 8, float.NaN, "Activations of granularity Float have 8 bits; float has 16, codes have 4 or 8.")]
    [InlineData(ActivationGranularity.TensorStatic, 8, float.NaN, "The static activation scale is NaN; it must be finite and above 0.")]
    [InlineData(ActivationGranularity.TensorStatic, 8, 0f, "The static activation scale is 0; it must be finite and above 0.")]
    public void Constructor_WrongActivations_SaysWhatIsWrong(ActivationGranularity granularity, int bits, float scale, string message)
    {
        QuantizedWeights weights = TestWeights.Random(WeightFormat.Int8, Rows, Columns, Columns, []);

        ArgumentException wrong = Assert.Throws<ArgumentException>(
            () => new QuantizedLinear("l", 0, LinearRole.Down, weights, new(granularity, bits, scale, []), null, null, null));

        Assert.Equal($"'l': {message}", wrong.Message);
    }

    [Fact]
    public void Constructor_WrongVectors_NamesTheParameter()
    {
        QuantizedWeights weights = TestWeights.Random(WeightFormat.Int8, Rows, Columns, Columns, []);
        QuantizedLinear Create(float[]? bias, float[]? sink, float[]? other) =>
            new("l", 0, LinearRole.Down, weights, ActivationQuantization.Float, bias, sink, other);

        Assert.Throws<ArgumentException>("bias", () => Create(new float[Rows + 1], null, null));
        Assert.Throws<ArgumentException>("otherConstants", () => Create(null, new float[Rows], null));
        Assert.Throws<ArgumentException>("sinkConstants", () => Create(null, new float[1], new float[Rows]));
    }

    [Fact]
    public void BitsPerWeight_CountsCodesScalesAndPreservedColumns()
    {
        QuantizedWeights weights = TestWeights.Random(WeightFormat.Int8, Rows, Columns, Columns, Preserved);
        QuantizedLinear linear = new("l", 0, LinearRole.Down, weights, ActivationQuantization.Float, null, null, null);

        // Rows of 70 codes take three blocks of 32 bytes; a scale takes 4, a preserved column 2 a row, a channel index 4.
        Assert.Equal((Rows * (96 + 4 + (3 * 2))) + (3 * 4), linear.WeightByteSize);
        Assert.Equal(8.0 * linear.WeightByteSize / (Rows * Columns), linear.BitsPerWeight);
    }

    private static double[] Rounded(float[] input, ActivationQuantization rule)
    {
        double[] result = new double[input.Length];
        int[] unscaled = [.. Preserved, .. rule.ScaleExcludedChannels];
        float AbsMax(IEnumerable<int> tokens) => tokens
            .SelectMany(token => Enumerable.Range(0, Columns).Except(unscaled).Select(column => Math.Abs(input[(token * Columns) + column])))
            .Max();
        for (int i = 0; i < input.Length; i++)
        {
            float scale = rule.Granularity switch
            {
                ActivationGranularity.TensorStatic => rule.StaticScale,
                ActivationGranularity.Tensor => AbsMax(Enumerable.Range(0, Tokens)) / rule.QMax,
                _ => AbsMax([i / Columns]) / rule.QMax,
            };
            bool isFloat = rule.Granularity == ActivationGranularity.Float || Preserved.Contains(i % Columns);
            result[i] = isFloat ? input[i] : (double)scale * Math.Clamp(MathF.Round(input[i] / scale), -rule.QMax, rule.QMax);
        }

        return result;
    }

    private static float[] Scales(int row, float value)
    {
        float[] scales = [.. Enumerable.Repeat(1f, Rows)];
        scales[row] = value;
        return scales;
    }

    private static float[] Random(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }
}
