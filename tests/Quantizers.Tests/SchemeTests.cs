using OutlierQuant.Kernels;
using OutlierQuant.Models.Linears;
using Xunit;

namespace OutlierQuant.Quantizers.Tests;

public sealed class SchemeTests
{
    [Theory]
    [InlineData("w8a16", WeightFormat.Int8, null, ActivationGranularity.Float, 16)]
    [InlineData("w4a16", WeightFormat.Int4, null, ActivationGranularity.Float, 16)]
    [InlineData("w4a16-g32", WeightFormat.Int4, 32, ActivationGranularity.Float, 16)]
    [InlineData("w4a16-g64", WeightFormat.Int4, 64, ActivationGranularity.Float, 16)]
    [InlineData("w4a16-g128", WeightFormat.Int4, 128, ActivationGranularity.Float, 16)]
    [InlineData("w8a8-tensor-static", WeightFormat.Int8, null, ActivationGranularity.TensorStatic, 8)]
    [InlineData("w8a8-tensor", WeightFormat.Int8, null, ActivationGranularity.Tensor, 8)]
    [InlineData("w8a8-token", WeightFormat.Int8, null, ActivationGranularity.Token, 8)]
    [InlineData("w4a8-token-g128", WeightFormat.Int4, 128, ActivationGranularity.Token, 8)]
    [InlineData("w8a4-tensor-static", WeightFormat.Int8, null, ActivationGranularity.TensorStatic, 4)]
    [InlineData("w8a4-token", WeightFormat.Int8, null, ActivationGranularity.Token, 4)]
    [InlineData("w4a4-tensor-static", WeightFormat.Int4, null, ActivationGranularity.TensorStatic, 4)]
    [InlineData("w4a4-token", WeightFormat.Int4, null, ActivationGranularity.Token, 4)]
    [InlineData("ternary-a16", WeightFormat.Ternary, null, ActivationGranularity.Float, 16)]
    [InlineData("ternary-a16-g128", WeightFormat.Ternary, 128, ActivationGranularity.Float, 16)]
    [InlineData("ternary-a8-token", WeightFormat.Ternary, null, ActivationGranularity.Token, 8)]
    [InlineData("ternary-a8-token-g128", WeightFormat.Ternary, 128, ActivationGranularity.Token, 8)]
    public void Parse_NameOfALinearScheme_GivesItsWidths(string name, WeightFormat weights, int? groupSize, ActivationGranularity granularity, int bits)
    {
        Scheme scheme = Scheme.Parse(name);

        Assert.Equal((name, weights, groupSize), (scheme.Name, scheme.Weights, scheme.GroupSize));
        Assert.Equal((granularity, bits), (scheme.Activation, scheme.ActivationBits));
        Assert.Null(scheme.ResidualBits);
    }

    [Theory]
    [InlineData("residual-int8", 8)]
    [InlineData("residual-int4", 4)]
    public void Parse_NameOfAResidualScheme_LeavesLinearsInFloat(string name, int bits)
    {
        Scheme scheme = Scheme.Parse(name);

        Assert.Equal(bits, scheme.ResidualBits);
        Assert.Null(scheme.Weights);
        Assert.Equal(ActivationGranularity.Float, scheme.Activation);
    }

    [Fact]
    public void All_EveryScheme_HasItsOwnNameAndIsFoundByIt()
    {
        Assert.Equal(19, Scheme.All.Select(scheme => scheme.Name).Distinct().Count());
        Assert.All(Scheme.All, scheme => Assert.Same(scheme, Scheme.Parse(scheme.Name)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("w8a8")]
    [InlineData("W8A16")]
    public void Parse_UnknownName_ListsEverySchemeThatExists(string name)
    {
        string message = Assert.Throws<ArgumentException>(() => Scheme.Parse(name)).Message;

        Assert.StartsWith($"There is no scheme '{name}'.", message, StringComparison.Ordinal);
        Assert.All(Scheme.All, scheme => Assert.Contains(scheme.Name, message, StringComparison.Ordinal));
    }

    [Fact]
    public void ReasonAgainst_ClipWithFloatActivations_IsTheOnlyPairRefused()
    {
        string[] refused =
        [
            .. from scheme in Scheme.All
               from preserve in Enum.GetValues<Preservation>()
               where scheme.ReasonAgainst(preserve) is not null
               select $"{scheme.Name}/{PreservationName.Of(preserve)}",
        ];

        Assert.Equal(
            ["w8a16/clip", "w4a16/clip", "w4a16-g128/clip", "w4a16-g64/clip", "w4a16-g32/clip", "ternary-a16/clip", "ternary-a16-g128/clip"], refused);
        Assert.Contains("leaves activations in float", Scheme.Parse("w8a16").ReasonAgainst(Preservation.Clip), StringComparison.Ordinal);
    }

    [Fact]
    public void FullPrecision_MeansSomethingWithAFoldOnly()
    {
        Assert.Same(Scheme.FullPrecision, Scheme.Parse("float"));
        Assert.DoesNotContain(Scheme.FullPrecision, Scheme.All);
        Assert.Equal([Preservation.Fold], Enum.GetValues<Preservation>().Where(preserve => Scheme.FullPrecision.ReasonAgainst(preserve) is null));
        Assert.Equal(
            "Scheme float rounds nothing, so there is nothing to preserve from it; use fold, or a scheme that rounds.", Scheme.FullPrecision.ReasonAgainst(Preservation.FoldChannels));
    }

    [Theory]
    [InlineData("w8a8-token", Preservation.None, false)]
    [InlineData("w8a8-token", Preservation.Channels, true)]
    [InlineData("w8a8-tensor", Preservation.Clip, true)]
    [InlineData("w4a16", Preservation.Mean, true)]
    [InlineData("w8a8-tensor-static", Preservation.None, true)]
    [InlineData("residual-int8", Preservation.None, true)]
    [InlineData("w8a8-token", Preservation.Fold, false)]
    [InlineData("w8a8-token", Preservation.FoldChannels, true)]
    [InlineData("w8a8-tensor-static", Preservation.Fold, true)]
    [InlineData("float", Preservation.Fold, false)]
    public void NeedsProfileFor_SchemeAndPreservation_TellsWhatComesFromCalibration(string name, Preservation preserve, bool needed) =>
        Assert.Equal(needed, Scheme.Parse(name).NeedsProfileFor(preserve) is not null);

    [Fact]
    public void PreservationName_EveryValue_IsParsedBack()
    {
        Assert.Equal(["none", "channels", "clip", "mean", "fold", "fold+channels"], PreservationName.All);
        Assert.All(Enum.GetValues<Preservation>(), preserve => Assert.Equal(preserve, PreservationName.Parse(PreservationName.Of(preserve))));
        Assert.Equal(
            "There is no preservation 'fold+clip'. The choices are none, channels, clip, mean, fold, fold+channels.",
            Assert.Throws<ArgumentException>(() => PreservationName.Parse("fold+clip")).Message);
    }
}
