using Xunit;

namespace OutlierQuant.Kernels.Tests;

public sealed class KernelSuiteTests
{
    public static TheoryData<FloatPrecision> Precisions => [.. Enum.GetValues<FloatPrecision>()];

    [Theory]
    [MemberData(nameof(Precisions))]
    public void Choose_NothingOrAuto_IsTheFirstAvailable(FloatPrecision precision)
    {
        string first = KernelSuite.All.First(suite => suite.IsAvailable).Name;
        Assert.Equal(first, KernelSuite.Choose(null, precision).Name);
        Assert.Equal(first, KernelSuite.Choose("auto", precision).Name);
        Assert.Equal(precision == FloatPrecision.BF16 ? "bf16" : "f32", KernelSuite.Choose(null, precision).Precision);
        Assert.Same(KernelSuite.Choose(), KernelSuite.Fastest);
    }

    [Theory]
    [MemberData(nameof(Precisions))]
    public void Choose_EveryName_IsThatSuiteOrSaysWhyNot(FloatPrecision precision)
    {
        foreach (KernelSuite suite in KernelSuite.All)
        {
            if (suite.UnavailableBecause is string reason)
            {
                ArgumentException thrown = Assert.Throws<ArgumentException>(() => KernelSuite.Choose(suite.Name, precision));
                Assert.Equal("name", thrown.ParamName);
                Assert.Contains($"'{suite.Name}' cannot run: {reason}", thrown.Message, StringComparison.Ordinal);
            }
            else
            {
                Assert.Equal(suite.Name, KernelSuite.Choose(suite.Name, precision).Name);
            }
        }
    }

    [Fact]
    public void All_EverySuite_GivesAReasonExactlyIfItCannotRun()
    {
        Assert.Equal(["amx", "avx512", "avx2", "vector", "reference"], KernelSuite.All.Select(suite => suite.Name));
        Assert.All(KernelSuite.All, suite => Assert.Equal(suite.IsAvailable, suite.UnavailableBecause is null));
        Assert.All(KernelSuite.All.TakeLast(2), suite => Assert.True(suite.IsAvailable));
    }

    [Fact]
    public void Choose_UnknownName_ThrowsListingWhatCanRun()
    {
        ArgumentException thrown = Assert.Throws<ArgumentException>(() => KernelSuite.Choose("cuda"));
        Assert.Equal("name", thrown.ParamName);
        Assert.Contains("'cuda'", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("vector, reference", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_UnknownPrecision_Throws() =>
        Assert.Equal("precision", Assert.Throws<ArgumentOutOfRangeException>(() => KernelSuite.Choose("reference", (FloatPrecision)7)).ParamName);

    [Fact]
    public void Description_EverySuite_StartsWithItsName() =>
        Assert.All(KernelSuite.All, suite => Assert.StartsWith(suite.Name + ":", suite.Description, StringComparison.Ordinal));
}
