using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Benchmarks.Workloads;

/// <summary>What the arms of one case share.</summary>
/// <param name="Product">The product.</param>
/// <param name="Weights">Its weights.</param>
/// <param name="Suite">The kernels.</param>
/// <param name="Team">The threads.</param>
internal sealed record CaseContext(ProductCase Product, RotatingWeights Weights, KernelSuite Suite, WorkerTeam Team)
{
    /// <summary>Gets the products of the last call of any arm. Shape <c>[rows, outFeatures]</c>.</summary>
    public float[] Products { get; } = new float[checked(Product.Rows * Product.Shape.OutFeatures)];

    /// <summary>Draws activations whose outliers, in some channels, are 20 to 60 times as large as the largest of the rest, which is what int8 cannot bear.</summary>
    /// <returns>Shape <c>[rows, inFeatures]</c>.</returns>
    public float[] DrawActivations(int[] outlierChannels)
    {
        float[] source = RandomValues.Floats((long)Product.Rows * Product.Shape.InFeatures, 2);
        Random random = new(5);
        for (int row = 0; row < Product.Rows; row++)
        {
            foreach (int channel in outlierChannels)
            {
                source[(row * Product.Shape.InFeatures) + channel] = (random.Next(2) == 0 ? -1 : 1) * (10 + (20 * random.NextSingle()));
            }
        }

        return source;
    }
}
