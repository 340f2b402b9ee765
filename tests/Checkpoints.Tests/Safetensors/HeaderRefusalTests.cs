using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Safetensors;

public sealed class HeaderRefusalTests
{
    [Theory]
    // Not JSON, or not the JSON of a header.
    [InlineData("""{"a":@}""", 0, "a", "not valid JSON")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}@""", 1, null, "not valid JSON")]
    [InlineData("""{@'a':1}""", 0, null, "not valid JSON")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],@}}""", 1, "a", "not valid JSON")]
    [InlineData("""{@/*c*/}""", 0, null, "not valid JSON")]
    [InlineData("""{}@{}""", 0, null, "byte 0x7b follows the header's JSON; only spaces may")]
    [InlineData("{}@\n", 0, null, "byte 0x0a follows the header's JSON; only spaces may")]
    [InlineData("{}   @\0", 0, null, "byte 0x00 follows the header's JSON; only spaces may")]
    [InlineData("""{"a":@[]}""", 0, "a", "an array was read; an entry must be an object")]
    [InlineData("""{"a":@null}""", 0, "a", "null was read; an entry must be an object")]
    [InlineData("""{@"a\ud800":1}""", 0, null, "half of a surrogate pair")]
    // Endless nesting.
    [InlineData("""{"a":{"dtype":"U8","shape":[@[[[[[[[[1]]]]]]]]]}}""", 0, "a", "shape[0] is an array; a whole number")]
    [InlineData("""{"a":{"dtype":@{"b":{"c":{}}}}}""", 0, "a", "an object was read; dtype must be a string")]
    // Names and keys.
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},@"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, null, "the name 'a' appears twice")]
    [InlineData("""{"a":{"dtype":"U8",@"dtype":"I8","shape":[1],"data_offsets":[0,1]}}""", 1, "a", "dtype appears twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],@"shape":[1],"data_offsets":[0,1]}}""", 1, "a", "shape appears twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],@"data_offsets":[0,1]}}""", 1, "a", "data_offsets appears twice")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],@"strides":[1],"data_offsets":[0,1]}}""", 1, "a", "the key 'strides'; only dtype, shape and data_offsets are allowed")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,1]@}}""", 1, "a", "no dtype")]
    [InlineData("""{"a":{"dtype":"U8","data_offsets":[0,1]@}}""", 1, "a", "no shape")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1]@}}""", 1, "a", "no data_offsets")]
    // Metadata.
    [InlineData("""{"__metadata__":@"x"}""", 0, null, "__metadata__ must be an object of strings")]
    [InlineData("""{"__metadata__":{"k":@1}}""", 0, null, "the value of metadata key 'k' must be a string")]
    [InlineData("""{"__metadata__":{"k":@{}}}""", 0, null, "the value of metadata key 'k' must be a string")]
    [InlineData("""{"__metadata__":{"k":@null}}""", 0, null, "the value of metadata key 'k' must be a string")]
    [InlineData("""{"__metadata__":{"k":"1",@"k":"2"}}""", 0, null, "metadata key 'k' appears twice")]
    [InlineData("""{"__metadata__":{},@"__metadata__":{}}""", 0, null, "'__metadata__' appears twice")]
    // Types.
    [InlineData("""{"a":{"dtype":@"F8_E4M3","shape":[1],"data_offsets":[0,1]}}""", 1, "a", "dtype is 'F8_E4M3'; the types read here are F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL")]
    [InlineData("""{"a":{"dtype":@"f32","shape":[1],"data_offsets":[0,4]}}""", 4, "a", "dtype is 'f32'")]
    [InlineData("""{"a":{"dtype":@"Bool","shape":[1],"data_offsets":[0,1]}}""", 1, "a", "dtype is 'Bool'")]
    [InlineData("""{"a":{"dtype":@7,"shape":[1],"data_offsets":[0,1]}}""", 1, "a", "7 was read; dtype must be a string")]
    // Shapes.
    [InlineData("""{"a":{"dtype":"U8","shape":[@-1],"data_offsets":[0,1]}}""", 1, "a", "shape[0] is -1; a whole number from 0 to 9223372036854775807 is required")]
    [InlineData("""{"a":{"dtype":"U8","shape":[@-0],"data_offsets":[0,0]}}""", 0, "a", "shape[0] is -0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1,@1.0],"data_offsets":[0,1]}}""", 1, "a", "shape[1] is 1.0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[@1e0],"data_offsets":[0,1]}}""", 1, "a", "shape[0] is 1e0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[@"1"],"data_offsets":[0,1]}}""", 1, "a", "shape[0] is '1'")]
    [InlineData("""{"a":{"dtype":"U8","shape":[@9223372036854775808],"data_offsets":[0,1]}}""", 1, "a", "shape[0] is 9223372036854775808")]
    [InlineData("""{"a":{"dtype":"U8","shape":@1,"data_offsets":[0,1]}}""", 1, "a", "1 was read; shape must be an array")]
    [InlineData("""{@"a":{"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,8]}}""", 8, "a", "needs more than 9223372036854775807 bytes")]
    [InlineData("""{@"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "a", "needs more than 9223372036854775807 bytes")]
    [InlineData("""{@"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,23]}}""", 23, "a", "the shape [2, 3] of F32 needs 24 bytes, but data_offsets [0, 23] has 23")]
    [InlineData("""{@"a":{"dtype":"F32","shape":[],"data_offsets":[0,8]}}""", 8, "a", "the shape [] of F32 needs 4 bytes, but data_offsets [0, 8] has 8")]
    [InlineData("""{@"a":{"dtype":"F32","shape":[0],"data_offsets":[0,4]}}""", 4, "a", "the shape [0] of F32 needs 0 bytes")]
    // Offsets.
    [InlineData("""{@"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}""", 1, "a", "data_offsets is [1, 0]; it must be [begin, end] with begin ≤ end ≤ 1")]
    [InlineData("""{@"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 1, "a", "data_offsets is [0, 2]; it must be [begin, end] with begin ≤ end ≤ 1")]
    [InlineData("""{@"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807]}}""", 1, "a", "≤ 1, the size of the buffer")]
    [InlineData("""{@"a":{"dtype":"U8","shape":[1],"data_offsets":[1]}}""", 1, "a", "data_offsets is [1]")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,@1]}}""", 1, "a", "data_offsets has more than 2 numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,@-1]}}""", 1, "a", "data_offsets[1] is -1")]
    // Many tensors on the same bytes (the zip bomb of this format), overlaps, holes with a payload, and a tail.
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},@"b":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}}""", 2, "b", "overlap tensor 'a', which ends at 2")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},@"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", 4, "b", "begin at 2 of the buffer and overlap tensor 'a', which ends at 3")]
    [InlineData("""{@"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 4, "b", "leaving a hole after tensor 'a', which ends at 2")]
    [InlineData("""{@"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "a", "leaving a hole after the start of the buffer, which ends at 0")]
    public void Open_WrongHeader_NamesPathByteAndTensor(string json, int bufferLength, string? tensor, string problem)
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("model.safetensors", SafetensorsBytes.File(json, bufferLength));

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => TensorStore.Open(path).Dispose());

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Equal((path, SafetensorsBytes.MarkedOffset(json), tensor), (error.Path, error.ByteOffset, error.TensorName));
        string place = $"{path}: byte {error.ByteOffset}{(tensor is null ? "" : $", tensor '{tensor}'")}: ";
        Assert.StartsWith(place, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Equal(["model.safetensors"], directory.Names);
    }

    [Fact]
    public void Open_BytesAfterTheLastTensor_PointsToTheFirstOfThem()
    {
        const string Json = """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""";
        using TemporaryDirectory directory = new();
        string path = directory.Write("model.safetensors", SafetensorsBytes.File(Json, 5));

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => TensorStore.Open(path).Dispose());

        Assert.Equal(8 + Json.Length + 2, error.ByteOffset);
        Assert.Contains("the tensors end 3 bytes before the end of the file; they must cover the whole buffer", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ShapeOf65Dimensions_IsRefused()
    {
        string json = $$$"""{"a":{"dtype":"U8","shape":[{{{string.Concat(Enumerable.Repeat("1,", 64))}}}@1],"data_offsets":[0,1]}}""";
        using TemporaryDirectory directory = new();
        string path = directory.Write("model.safetensors", SafetensorsBytes.File(json, 1));

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => TensorStore.Open(path).Dispose());

        Assert.Equal((SafetensorsBytes.MarkedOffset(json), "a"), (error.ByteOffset, error.TensorName));
        Assert.Contains("shape has more than 64 numbers", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_HostileName_IsCutAndEscapedInTheMessageOnly()
    {
        string name = "line\nbreak\u001b[31m" + new string('x', 100_000);
        string json = "{\"" + name.Replace("\n", "\\n", StringComparison.Ordinal).Replace("\u001b", "\\u001b", StringComparison.Ordinal)
            + "\":{\"dtype\":\"X\",\"shape\":[],\"data_offsets\":[0,0]}}";
        using TemporaryDirectory directory = new();
        string path = directory.Write("model.safetensors", SafetensorsBytes.File(json, 0));

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => TensorStore.Open(path).Dispose());

        Assert.Equal(name, error.TensorName);
        Assert.InRange(error.Message.Length, 1, path.Length + 500);
        Assert.Contains("'line\\u000abreak\\u001b[31m", error.Message, StringComparison.Ordinal);
        Assert.Contains($"… ({name.Length} characters)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_MillionLevelsOfNesting_IsRefusedAtTheFirstThatIsTooDeep()
    {
        string json = """{"a":{"dtype":"U8","shape":[""" + "@" + new string('[', 1_000_000);
        using TemporaryDirectory directory = new();
        string path = directory.Write("model.safetensors", SafetensorsBytes.File(json, 0));

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => TensorStore.Open(path).Dispose());

        Assert.Contains("shape[0] is an array", error.Message, StringComparison.Ordinal);
        Assert.Equal(SafetensorsBytes.MarkedOffset(json), error.ByteOffset);
    }
}
