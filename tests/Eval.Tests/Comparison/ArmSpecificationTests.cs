using OutlierQuant.Eval.Comparison;
using OutlierQuant.Quantizers;

namespace OutlierQuant.Eval.Tests.Comparison;

public class ArmSpecificationTests
{
    [Theory]
    [InlineData("w8a8-token", "w8a8-token:none")]
    [InlineData(" w8a4-tensor-static:channels ", "w8a4-tensor-static:channels")]
    [InlineData("w8a4-tensor-static:channels:4", "w8a4-tensor-static:channels:4")]
    [InlineData("residual-int4@3", "residual-int4@3:none")]
    [InlineData("residual-int4@first:mean:5", "residual-int4@first:mean:5")]
    [InlineData("w4a4-tensor-static:fold", "w4a4-tensor-static:fold")]
    [InlineData("w4a4-tensor-static:fold+channels:4", "w4a4-tensor-static:fold+channels:4")]
    [InlineData("float:fold", "float:fold")]
    public void Parse_Arm_WritesItselfBack(string text, string expected)
    {
        var arm = ArmSpecification.Parse(text);

        Assert.Equal(expected, arm.ToString());
        Assert.Equal(arm, ArmSpecification.Parse(expected));
    }

    [Fact]
    public void ParseList_SeveralArms_KeepsTheirOrder()
    {
        Assert.Equal(["w8a16:none", "w4a16-g64:channels"], ArmSpecification.ParseList("w8a16, w4a16-g64:channels").Select(arm => arm.ToString()));
    }

    [Theory]
    [InlineData("", "'' is not an arm; write scheme[@block][:preserve[:channels]]")]
    [InlineData("w8a16:none:", "gives a number of channels, but preserve none keeps none")]
    [InlineData("w8a16:fold:3", "gives a number of channels, but preserve fold keeps none")]
    [InlineData("float", "'float': Scheme float rounds nothing")]
    [InlineData("float:fold+channels", "'float:fold+channels': Scheme float rounds nothing")]
    [InlineData("w8a16:channels:4:5", "is not an arm")]
    [InlineData("w9a9", "There is no scheme 'w9a9'. The schemes are w8a16,")]
    [InlineData("w8a8-token:all", "There is no preservation 'all'. The choices are none, channels, clip, mean, fold, fold+channels.")]
    [InlineData("w8a8-token:channels:0", "asks for '0' channels; give a positive whole number")]
    [InlineData("w8a8-token:channels:few", "asks for 'few' channels")]
    [InlineData("w8a8-token@3", "names a block, but only residual schemes round at a block; write w8a8-token.")]
    [InlineData("residual-int4@last", "'@last' is not a block; write a block number from 0, or @first")]
    [InlineData("residual-int4@1@2", "names more than one block")]
    [InlineData("w8a16:clip", "'w8a16:clip': Preserve clip saturates activations")]
    [InlineData("w8a16,w8a16:none", "The arm 'w8a16:none' is given twice")]
    [InlineData("w8a16,", "'' is not an arm")]
    public void ParseList_Malformed_SaysWhatWouldBeRight(string list, string expected)
    {
        var error = Assert.Throws<ArgumentException>(() => ArmSpecification.ParseList(list));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void DefaultArms_HaveEverySchemeNaiveAndPreserving()
    {
        foreach (var scheme in Scheme.All)
        {
            Assert.Contains(new ArmSpecification(scheme, Preservation.None), DefaultArms.All);
            Assert.Contains(new ArmSpecification(scheme, Preservation.Channels), DefaultArms.All);
        }

        Assert.Equal(DefaultArms.All.Count, DefaultArms.All.Distinct().Count());
        Assert.All(DefaultArms.All, arm => Assert.Null(arm.Scheme.ReasonAgainst(arm.Preserve)));
    }
}
