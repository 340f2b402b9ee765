using Xunit;

namespace OutlierQuant.Kernels.Tests;

public sealed class KernelSuiteTests
{
    [Fact]
    public void Choose_NothingOrAuto_IsTheFirstAvailable()
    {
        Assert.Same(KernelSuite.Simd, KernelSuite.Choose());
        Assert.Same(KernelSuite.Simd, KernelSuite.Choose("auto"));
        Assert.Same(KernelSuite.All[0], KernelSuite.Choose(null));
    }

    [Fact]
    public void Choose_EveryName_IsThatSuite() => Assert.All(KernelSuite.All, suite => Assert.Same(suite, KernelSuite.Choose(suite.Name)));

    [Fact]
    public void Choose_UnknownName_ThrowsListingWhatCanRun()
    {
        ArgumentException thrown = Assert.Throws<ArgumentException>(() => KernelSuite.Choose("cuda"));
        Assert.Equal("name", thrown.ParamName);
        Assert.Contains("'cuda'", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("auto, simd, reference", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Description_EverySuite_StartsWithItsName() =>
        Assert.All(KernelSuite.All, suite => Assert.StartsWith(suite.Name + ":", suite.Description, StringComparison.Ordinal));
}
