using System.Text.Json.Serialization;
using OutlierQuant.Benchmarks.Devices;

namespace OutlierQuant.Benchmarks;

/// <summary>The serializer of a run: camelCase keys, two spaces, line feeds.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, UseStringEnumConverter = true, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(BenchmarkReport))]
[JsonSerializable(typeof(DeviceBenchmarkReport))]
public sealed partial class BenchmarkJson : JsonSerializerContext;
