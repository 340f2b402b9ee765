using OutlierQuant.Checkpoints.Tests.Safetensors;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests;

public sealed class TensorTests
{
    [Theory]
    [InlineData("F64", TensorType.F64, 8)]
    [InlineData("F32", TensorType.F32, 4)]
    [InlineData("F16", TensorType.F16, 2)]
    [InlineData("BF16", TensorType.BF16, 2)]
    [InlineData("I64", TensorType.I64, 8)]
    [InlineData("I32", TensorType.I32, 4)]
    [InlineData("I16", TensorType.I16, 2)]
    [InlineData("I8", TensorType.I8, 1)]
    [InlineData("U8", TensorType.U8, 1)]
    [InlineData("BOOL", TensorType.Bool, 1)]
    public void Open_EachType_HasItsNameAndSize(string name, TensorType type, int size)
    {
        using TemporaryDirectory directory = new();
        string path = directory.Write("x", SafetensorsBytes.File($$$"""{"a":{"dtype":"{{{name}}}","shape":[3],"data_offsets":[0,{{{3 * size}}}]}}""", 3 * size));
        using TensorStore store = TensorStore.Open(path);

        Tensor tensor = store.Require("a", 3);

        Assert.Equal((type, size, name), (tensor.Type, tensor.Type.ByteSize(), tensor.Type.StoredName()));
        Assert.Equal(Enumerable.Range(0, 3 * size).Select(static value => (byte)value), tensor.Bytes(0, 3 * size).ToArray());
    }

    [Fact]
    public void ReadAsFloat_BrainFloats_WidenExactlyAtEveryLength()
    {
        ushort[] codes = [.. Enumerable.Range(0, 1 << 16).Select(static code => (ushort)code)];
        using TemporaryDirectory directory = new();
        using TensorStore store = Store(directory, TensorType.BF16, codes);
        Tensor tensor = store.Require("a");

        foreach (int length in (int[])[0, 1, 7, 15, 16, 17, 31, 33, 255, codes.Length])
        {
            float[] values = new float[length];
            tensor.ReadAsFloat(codes.Length - length, values);
            Assert.Equal(codes.TakeLast(length).Select(static code => (uint)code << 16), values.Select(BitConverter.SingleToUInt32Bits));
        }
    }

    [Fact]
    public void ReadAsFloat_Halves_WidenExactly()
    {
        Half[] halves = [(Half)1.5f, (Half)(-65504f), Half.PositiveInfinity, Half.NaN, BitConverter.UInt16BitsToHalf(1), BitConverter.UInt16BitsToHalf(0x8000)];
        using TemporaryDirectory directory = new();
        using TensorStore store = Store(directory, TensorType.F16, halves);
        float[] values = new float[halves.Length];

        store.Require("a").ReadAsFloat(0, values);

        Assert.Equal([1.5f, -65504f, float.PositiveInfinity, float.NaN, 5.9604645e-8f, 0f], values);
        Assert.True(float.IsNegative(values[5]));
    }

    [Fact]
    public void ReadAsFloat_Doubles_RoundToNearestEven()
    {
        // Half a unit in the last place above 1 ties down to 1 (even); above 1 + 2^-23 it ties up.
        double[] doubles = [1 + Math.ScaleB(1, -24), 1 + Math.ScaleB(3, -24), double.NegativeInfinity, double.NaN, 1e-300];
        using TemporaryDirectory directory = new();
        using TensorStore store = Store(directory, TensorType.F64, doubles);
        float[] values = new float[doubles.Length];

        store.Require("a").ReadAsFloat(0, values);

        Assert.Equal([1f, 1f + MathF.ScaleB(1, -22), float.NegativeInfinity, float.NaN, 0f], values);
    }

    [Fact]
    public void ReadAsFloat_DoubleOutsideTheRangeOfFloat_NamesTheElement()
    {
        using TemporaryDirectory directory = new();
        using TensorStore store = Store(directory, TensorType.F64, [0.0, 1e300]);
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => store.Require("a").ReadAsFloat(0, new float[2]));
        Assert.Equal("a", error.TensorName);
        Assert.Contains("element 1 is 1E+300; a value in the range of float is needed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadAsFloat_Integers_IsRefused()
    {
        using TemporaryDirectory directory = new();
        using TensorStore store = Store(directory, TensorType.I32, [1, 2]);
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => store.Require("a").ReadAsFloat(0, new float[2]));
        Assert.Contains("tensor 'a': the type is I32; a floating-point type is needed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Elements_TypeOfAnotherSize_IsRefused()
    {
        using TemporaryDirectory directory = new();
        using TensorStore store = Store(directory, TensorType.I32, [1, 2]);
        ArgumentException error = Assert.Throws<ArgumentException>("T", () => store.Require("a").Elements<long>(0, 1).Length);
        Assert.Contains("Elements of I32 have 4 bytes, but Int64 has 8.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 1, "first")]
    [InlineData(0, -1, "count")]
    [InlineData(0, 3, "count")]
    [InlineData(3, 0, "count")]
    [InlineData(long.MaxValue, 1, "count")]
    public void Elements_OutsideTheTensor_NamesTheParameter(long first, int count, string parameter)
    {
        using TemporaryDirectory directory = new();
        using TensorStore store = Store(directory, TensorType.I32, [1, 2]);
        Assert.Throws<ArgumentOutOfRangeException>(parameter, () => store.Require("a").Elements<int>(first, count).Length);
    }

    [Theory]
    [InlineData(-1, 1, "firstByte")]
    [InlineData(0, -1, "byteCount")]
    [InlineData(1, 8, "byteCount")]
    public void Bytes_OutsideTheTensor_NamesTheParameter(long first, int count, string parameter)
    {
        using TemporaryDirectory directory = new();
        using TensorStore store = Store(directory, TensorType.I32, [1, 2]);
        Assert.Throws<ArgumentOutOfRangeException>(parameter, () => store.Require("a").Bytes(first, count).Length);
    }

    [Fact]
    public void Elements_UnalignedFile_AreRead()
    {
        // The header has an odd length, so that the doubles start at an odd address.
        const string Json = """{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}""";
        byte[] file = SafetensorsBytes.File(Json.Length % 2 == 0 ? Json + " " : Json, 16);
        BitConverter.GetBytes(1.25).CopyTo(file, file.Length - 16);
        BitConverter.GetBytes(-3.0).CopyTo(file, file.Length - 8);
        using TemporaryDirectory directory = new();
        using TensorStore store = TensorStore.Open(directory.Write("x", file));

        Assert.Equal(1, store.Require("a").ByteOffset % 2);
        Assert.Equal([1.25, -3.0], store.Require("a").Elements<double>(0, 2).ToArray());
    }

    private static TensorStore Store<T>(TemporaryDirectory directory, TensorType type, T[] elements)
        where T : unmanaged
    {
        string path = directory.File("x.safetensors");
        SafetensorsWriter.Write(path, [TensorToWrite.From<T>("a", type, [elements.Length], elements)]);
        return TensorStore.Open(path);
    }
}
