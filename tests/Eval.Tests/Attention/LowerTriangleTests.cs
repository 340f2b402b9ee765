using System.Text.Json;
using OutlierQuant.Eval.Attention;

namespace OutlierQuant.Eval.Tests.Attention;

public class LowerTriangleTests
{
    [Fact]
    public void Json_RoundTrip_KeepsFourDecimals()
    {
        var json = JsonSerializer.Serialize(new LowerTriangle([[1], [0.123456, -12.5], [0, 1e-9, 3]]));

        Assert.Equal("[[1],[0.1235,-12.5],[0,0,3]]", json);
        Assert.Equal([[1], [0.1235, -12.5], [0, 0, 3]], JsonSerializer.Deserialize<LowerTriangle>(json)!.Rows);
    }

    [Theory]
    [InlineData("3")]
    [InlineData("[[1,2]]")]
    [InlineData("[[1],[2]]")]
    [InlineData("[[\"a\"]]")]
    [InlineData("[1]")]
    public void Json_NoTriangle_SaysWhatOneIs(string json) =>
        Assert.Contains("array of rows", Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<LowerTriangle>(json)).Message, StringComparison.Ordinal);
}
