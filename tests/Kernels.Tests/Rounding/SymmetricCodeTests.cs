using System.Runtime.Intrinsics;
using OutlierQuant.Kernels.Rounding;
using Xunit;

namespace OutlierQuant.Kernels.Tests.Rounding;

/// <summary>The lane rule at every width, whatever this machine accelerates.</summary>
public sealed class SymmetricCodeTests
{
    [Fact]
    public void Round_SpecialValuesAndTies_IsTheSameAtEveryWidth()
    {
        float[] values = [.. SpecialFloats.Values, .. Enumerable.Range(-300, 601).Select(i => i * 0.5f)];
        foreach (float scale in (float[])[1f, 0.37f, float.Epsilon, float.MaxValue, float.PositiveInfinity, float.NaN])
        {
            foreach (int qMax in (int[])[1, 7, 127])
            {
                foreach (float value in values)
                {
                    int expected = SymmetricCode.Round(value, scale, qMax);
                    Assert.Equal(Vector128.Create(expected), SymmetricCode.Round(Vector128.Create(value), Vector128.Create(scale), Vector128.Create((float)qMax)));
                    Assert.Equal(Vector256.Create(expected), SymmetricCode.Round(Vector256.Create(value), Vector256.Create(scale), Vector256.Create((float)qMax)));
                    Assert.Equal(Vector512.Create(expected), SymmetricCode.Round(Vector512.Create(value), Vector512.Create(scale), Vector512.Create((float)qMax)));
                }
            }
        }
    }
}
