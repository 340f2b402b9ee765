using System.Runtime.Intrinsics;
using OutlierQuant.Models.Numerics;
using Xunit;

namespace OutlierQuant.Models.Tests.Numerics;

public sealed class SoftmaxTests
{
    private const double MostUnitsInTheLastPlace = 2;

    [Fact]
    public void VectorExponential_WholeRange_IsWithinTwoUnits()
    {
        for (float x = -86.6f; x < 88.7f; x += 0.00371f)
        {
            float actual = VectorExponential.Of(Vector256.Create(x))[5];
            double expected = Math.Exp(x);
            double unit = Math.Max(MathF.BitIncrement((float)expected) - (double)(float)expected, float.Epsilon);

            Assert.True(Math.Abs(actual - expected) <= MostUnitsInTheLastPlace * unit, $"e^{x} gives {actual}; {expected} is right");
        }
    }

    [Theory]
    [InlineData(0f, 1f)]
    [InlineData(float.Epsilon, 1f)]
    [InlineData(88.7228f, 3.402693E+38f)]
    [InlineData(89f, float.PositiveInfinity)]
    [InlineData(float.MaxValue, float.PositiveInfinity)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    [InlineData(-88f, 0f)]
    [InlineData(float.MinValue, 0f)]
    [InlineData(float.NegativeInfinity, 0f)]
    [InlineData(float.NaN, float.NaN)]
    public void VectorExponential_SpecialValues_AsStated(float x, float expected)
    {
        float actual = VectorExponential.Of(Vector256.Create(x))[0];
        Assert.True(actual.Equals(expected) || Math.Abs(actual - expected) < 1e-4 * expected, $"e^{x} gives {actual}; {expected} is right");
    }

    [Fact]
    public void Sum_EveryLength_IsTheSumOfExponentials()
    {
        Random random = new(3);
        float[] values = [.. Enumerable.Range(0, 257).Select(_ => (float)(random.NextDouble() * 12) - 6)];
        for (int length = 0; length <= values.Length; length++)
        {
            // The differences are binary32: near −12 they are right to 5e-7, and so is a sum of small summands only.
            double expected = values.Take(length).Sum(value => Math.Exp(value - 6.0));
            Assert.Equal(expected, Softmax.Sum(values.AsSpan(0, length), 6), 5e-7 * expected);
        }
    }

    [Fact]
    public void Exponentiate_EveryLength_SameBitsForAnElementWhereverItLies()
    {
        Random random = new(4);
        float[] values = [.. Enumerable.Range(0, 70).Select(_ => (float)(random.NextDouble() * 12) - 6)];
        float[] whole = [.. values];
        _ = Softmax.Exponentiate(whole, 6, 0.5f);
        for (int first = 0; first < 17; first++)
        {
            for (int length = 0; length <= values.Length - first; length++)
            {
                float[] part = values[first..(first + length)];
                double sum = Softmax.Exponentiate(part, 6, 0.5f);

                Assert.Equal(whole[first..(first + length)], part);
                Assert.Equal(part.Sum(value => (double)value), sum, 1e-12 * Math.Max(1, sum));
            }
        }

        Assert.Equal(Math.Exp(0.5 * (values[3] - 6.0)), whole[3], 1e-7);
    }

    [Fact]
    public void Exponentiate_Nan_GivesNan()
    {
        for (int place = 0; place < 19; place++)
        {
            float[] values = new float[19];
            values[place] = float.NaN;
            Assert.True(double.IsNaN(Softmax.Exponentiate(values, 0, 1)));
            Assert.True(float.IsNaN(values[place]));
        }
    }

    [Fact]
    public void Largest_EveryLengthAndPlace_IsFoundAndPassesOverNan()
    {
        Assert.Equal(float.NegativeInfinity, Softmax.Largest([]));
        for (int length = 1; length <= 40; length++)
        {
            for (int place = 0; place < length; place++)
            {
                float[] values = [.. Enumerable.Repeat(-3f, length)];
                values[place] = -2;
                values[(place + 1) % length] = length > 1 ? float.NaN : -2;
                Assert.Equal(-2, Softmax.Largest(values));
            }
        }
    }
}
