using OutlierQuant.Models.Tests.Plain;
using OutlierQuant.Training.Parameters;
using OutlierQuant.Training.Saving;
using Xunit;

namespace OutlierQuant.Training.Tests.Networks;

/// <summary>The backward pass against central differences of a second forward pass, which is in binary64 and shares no code with the product.</summary>
public sealed class GradientTests
{
    // Central differences are exact to about 1e-8 at this step; what remains is the rounding of binary32 over two blocks.
    private const double Step = 1e-4;
    private const double Tolerance = 1e-5;

    public static TheoryData<string> Variants => [.. TestNetwork.Shapes.Keys];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Differentiate_EveryTensorOfEveryVariant_EqualsCentralDifferences(string variant)
    {
        using TestNetwork test = new(TestNetwork.Shapes[variant]);
        CheckGradients(test, variant, elementsOfATensor: 6);
    }

    [Theory]
    [InlineData("llama bias")]
    [InlineData("gpt2 sink-token")]
    public void Differentiate_SeveralBlocksOfQueriesAndPiecesOfLogits_EqualsCentralDifferences(string variant)
    {
        using TestNetwork test = new(TestNetwork.Shapes[variant] with { BlockCount = 1, Context = 140 }, windows: 4);
        CheckGradients(test, variant, elementsOfATensor: 2);
    }

    private static void CheckGradients(TestNetwork test, string variant, int elementsOfATensor)
    {
        PlainCheckpoint checkpoint = new(test.Write());

        double loss = test.Network.Differentiate(test.Batch);

        Assert.InRange(loss - test.PlainLoss(checkpoint), -1e-6, 1e-6);
        foreach (TensorPart part in TensorLayout.Of(test.Network.Shape, test.Parameters))
        {
            float[] gradient = part.Read(part.Parameter.Gradient.Span);
            double[] tensor = checkpoint[part.Name];
            double scale = gradient.Max(Math.Abs);
            Assert.True(scale > 0, $"{part.Name} has no gradient.");
            foreach (int element in Elements(gradient, elementsOfATensor))
            {
                double value = tensor[element];
                tensor[element] = value + Step;
                double above = test.PlainLoss(checkpoint);
                tensor[element] = value - Step;
                double below = test.PlainLoss(checkpoint);
                tensor[element] = value;
                double difference = Math.Abs(((above - below) / (2 * Step)) - gradient[element]);
                Assert.True(difference <= Tolerance * Math.Max(scale, 1e-2), $"{variant}, {part.Name}[{element}]: {gradient[element]} is {difference:E2} off; the largest is {scale}.");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Layout_EveryVariant_CoversEveryElementOnce(string variant)
    {
        ModelShape shape = TestNetwork.Shapes[variant];
        ModelParameters parameters = new(shape);
        for (int i = 0; i < parameters.Set.Count; i++)
        {
            parameters.Set.Values[i] = i;
        }

        float[] all = [.. TensorLayout.Of(shape, parameters).SelectMany(part => part.Read(part.Parameter.Values.Span)).Order()];

        Assert.Equal(parameters.Set.Values, all);
    }

    /// <summary>The element with the largest derivative, the last, and some between.</summary>
    private static IEnumerable<int> Elements(float[] gradient, int count)
    {
        int largest = Enumerable.Range(0, gradient.Length).MaxBy(i => Math.Abs(gradient[i]));
        return Enumerable.Range(1, count - 1).Select(i => (int)((long)i * (gradient.Length - 1) / (count - 1))).Append(largest).Distinct();
    }
}
