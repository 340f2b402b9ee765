using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models.Blocks;
using Xunit;

namespace OutlierQuant.Models.Tests.Blocks;

public sealed class AttentionTests
{
    // Sums of up to 700 binary32 products in another order.
    private const double Tolerance = 2e-6;

    /// <summary>Gets the shape, positions before the call, and tokens of the call: around the borders of tiles and of blocks of keys.</summary>
    public static TheoryData<int, int, int, int, int, int> Cases => new()
    {
        { 4, 4, 8, int.MaxValue, 0, 1 },
        { 4, 4, 8, int.MaxValue, 0, 65 },
        { 6, 2, 16, int.MaxValue, 0, 700 },
        { 8, 1, 24, int.MaxValue, 0, 257 },
        { 4, 2, 8, 100, 0, 600 },
        { 4, 2, 8, 1, 0, 70 },
        { 2, 1, 8, 300, 290, 333 },
        { 8, 2, 16, int.MaxValue, 513, 1 },
        { 8, 2, 16, 17, 511, 3 },
        { 200, 1, 4, int.MaxValue, 0, 5 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Attend_EveryShape_EqualsTheDefinition(int heads, int keyValueHeads, int headSize, int slidingWindow, int before, int tokens)
    {
        AttentionShape shape = new(heads, keyValueHeads, headSize, slidingWindow);
        AttentionInput input = new(shape, before, tokens);

        Close.Assert(input.Define(), input.Attend(threads: 2), Tolerance, $"{shape}, {before} + {tokens} tokens");
    }

    [Fact]
    public void Attend_AnyThreadCount_SameBits()
    {
        AttentionInput input = new(new AttentionShape(6, 3, 8, 350), 0, 555);
        float[] one = input.Attend(threads: 1);

        Assert.All((int[])[2, 3, 7], threads => Assert.Equal(one, input.Attend(threads)));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Attend_ValueThatIsNotFinite_SpoilsItsPositionAndLaterOnesOnly(float bad)
    {
        AttentionShape shape = new(2, 1, 8, int.MaxValue);
        AttentionInput input = new(shape, 0, 300);
        input.Cache.ValueAt(0, 270)[3] = bad;
        float[] attended = input.Attend(threads: 2);

        for (int token = 0; token < 300; token++)
        {
            for (int head = 0; head < 2; head++)
            {
                Assert.Equal(token < 270, float.IsFinite(attended[(token * shape.QuerySize) + (head * shape.HeadSize) + 3]));
            }
        }
    }

    [Fact]
    public void Attend_KeyThatIsNan_SpoilsItsPositionAndLaterOnesOnly()
    {
        AttentionInput input = new(new AttentionShape(2, 1, 8, 5), 0, 80);
        input.Cache.KeyAt(0, 40)[0] = float.NaN;
        float[] attended = input.Attend(threads: 2);

        Assert.All(Enumerable.Range(0, 80), token => Assert.All(
            attended.AsSpan(token * 16, 16).ToArray(), value => Assert.Equal(token is >= 40 and < 45, float.IsNaN(value))));
    }

    [Fact]
    public void Attend_ScoresOfAnySize_StayFinite()
    {
        AttentionInput input = new(new AttentionShape(1, 1, 8, int.MaxValue), 0, 600, magnitude: 1e4f);

        Assert.All(input.Attend(threads: 2), value => Assert.True(float.IsFinite(value)));
    }

    /// <summary>Random queries, keys and values.</summary>
    private sealed class AttentionInput
    {
        private readonly AttentionShape _shape;
        private readonly float[] _queries;
        private readonly SequenceChunk _chunk;
        private readonly int _tokens;

        public AttentionInput(AttentionShape shape, int before, int tokens, float magnitude = 1)
        {
            Random random = new(7);
            (_shape, _tokens) = (shape, tokens);
            _chunk = new SequenceChunk(new int[tokens], before, false);
            _queries = new float[tokens * shape.QuerySize];
            Cache = new KeyValueCache(shape.KeyValueHeads, shape.HeadSize);
            Cache.Extend(before + tokens);
            Fill(_queries);
            for (int head = 0; head < shape.KeyValueHeads; head++)
            {
                for (int position = 0; position < before + tokens; position++)
                {
                    Fill(Cache.KeyAt(head, position));
                    Fill(Cache.ValueAt(head, position));
                }
            }

            void Fill(Span<float> values)
            {
                foreach (ref float value in values)
                {
                    value = magnitude * ((float)random.NextDouble() - 0.4f) * 2;
                }
            }
        }

        public KeyValueCache Cache { get; }

        public float[] Attend(int threads)
        {
            using WorkerTeam team = new(threads);
            float[] attended = new float[_queries.Length];
            Attention.Attend(_shape, _queries, attended, new BlockCall(_chunk, 0, Cache, new Scratch(), new ComputeContext(KernelSuite.Choose(), team), null), 0);
            return attended;
        }

        public double[] Define()
        {
            double[] attended = new double[_queries.Length];
            for (int token = 0; token < _tokens; token++)
            {
                for (int head = 0; head < _shape.Heads; head++)
                {
                    DefineHead(token, head, attended.AsSpan((token * _shape.QuerySize) + (head * _shape.HeadSize), _shape.HeadSize));
                }
            }

            return attended;
        }

        private void DefineHead(int token, int head, Span<double> result)
        {
            int shared = head / _shape.Group;
            int row = (((shared * _tokens) + token) * _shape.Group) + (head % _shape.Group);
            int position = _chunk.FirstPosition + token;
            int first = (int)Math.Max(0, (long)position - _shape.SlidingWindow + 1);
            double[] scores = new double[position + 1 - first];
            for (int key = 0; key < scores.Length; key++)
            {
                for (int i = 0; i < _shape.HeadSize; i++)
                {
                    scores[key] += (double)_queries[(row * _shape.HeadSize) + i] * Cache.KeyAt(shared, first + key)[i] / Math.Sqrt(_shape.HeadSize);
                }
            }

            double largest = scores.Max();
            double total = scores.Sum(score => Math.Exp(score - largest));
            for (int key = 0; key < scores.Length; key++)
            {
                for (int i = 0; i < _shape.HeadSize; i++)
                {
                    result[i] += Math.Exp(scores[key] - largest) / total * Cache.ValueAt(shared, first + key)[i];
                }
            }
        }
    }
}
