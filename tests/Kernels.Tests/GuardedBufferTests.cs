using Xunit;

namespace OutlierQuant.Kernels.Tests;

public sealed class GuardedBufferTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    public void Copy_AnyLengthAndSide_HoldsTheValues(int length)
    {
        float[] values = [.. Enumerable.Range(0, length).Select(i => (float)i)];
        using GuardedBuffer<float> ending = GuardedBuffer<float>.Copy(values, guardAtEnd: true);
        using GuardedBuffer<float> starting = GuardedBuffer<float>.Copy(values, guardAtEnd: false);
        Assert.Equal(values, ending.Span.ToArray());
        Assert.Equal(values, starting.Span.ToArray());
    }
}
