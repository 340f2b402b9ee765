using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Safetensors;

public sealed class RoundTripProperties
{
    private static readonly char[] NameCharacters = [.. "aZ0._/-é漢\"\\\n\t \u0001\u2028"];

    [Property(MaxTest = 150)]
    public Property WriteThenOpen_AnyTensors_GivesTheSameContentAndTheSameBytesAgain() => Prop.ForAll(Arb.From(Checkpoints()), static checkpoint =>
    {
        using TemporaryDirectory directory = new();
        string path = directory.File("model.safetensors");
        SafetensorsWriter.Write(path, [.. checkpoint.Tensors.Select(static tensor => tensor.ToWrite())], checkpoint.Metadata);

        using TensorStore store = TensorStore.Open(directory.Path);
        Assert.Equal(checkpoint.Metadata.OrderBy(static pair => pair.Key, StringComparer.Ordinal), store.Metadata.OrderBy(static pair => pair.Key, StringComparer.Ordinal));
        Assert.Equal(checkpoint.Tensors.Select(static tensor => tensor.Name).Order(StringComparer.Ordinal), store.Tensors.Select(static tensor => tensor.Name));
        foreach (Sample sample in checkpoint.Tensors)
        {
            Tensor tensor = store.Require(sample.Name);
            Assert.Equal(sample.Type, tensor.Type);
            Assert.Equal(sample.Shape, tensor.Shape);
            Assert.Equal(sample.Bytes, tensor.Bytes(0, (int)tensor.ByteLength).ToArray());
            Assert.Equal(0, tensor.ByteOffset % tensor.Type.ByteSize());
        }

        string again = directory.File("again.safetensors");
        SafetensorsWriter.Write(again, [.. store.Tensors.Reverse().Select(static tensor => TensorToWrite.Copy(tensor))], store.Metadata.Reverse().ToDictionary());
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(again));
    });

    private static Gen<Checkpoint> Checkpoints() =>
        from names in Gen.ListOf(Names())
        from tensors in Gen.CollectToList(names.Where(static name => name != "__metadata__").Distinct(), Samples)
        from keys in Gen.ListOf(Names())
        from values in Gen.ListOf(Names(), keys.Count)
        select new Checkpoint([.. tensors], keys.Zip(values).DistinctBy(static pair => pair.First).ToDictionary(static pair => pair.First, static pair => pair.Second));

    private static Gen<string> Names() => Gen.ListOf(Gen.Elements(NameCharacters)).Select(static characters => string.Concat(characters));

    private static Gen<Sample> Samples(string name) =>
        from type in Gen.Elements(Enum.GetValues<TensorType>())
        from rank in Gen.Choose(0, 4)
        from shape in Gen.ListOf(Gen.Choose(0, 5), rank)
        from bytes in Gen.ListOf(Gen.Choose(0, 255), shape.Aggregate(type.ByteSize(), static (product, dimension) => product * dimension))
        select new Sample(name, type, [.. shape.Select(static dimension => (long)dimension)], [.. bytes.Select(static value => (byte)value)]);

    private sealed record Checkpoint(IReadOnlyList<Sample> Tensors, Dictionary<string, string> Metadata);

    private sealed record Sample(string Name, TensorType Type, long[] Shape, byte[] Bytes)
    {
        public TensorToWrite ToWrite() => new(Name, Type, Shape, stream => stream.Write(Bytes));
    }
}
