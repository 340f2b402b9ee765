using System.Text.Json.Serialization;
using OutlierQuant.Calibration.Folding;

namespace OutlierQuant.Cli.Documents;

/// <summary>What <c>inspect --json</c> prints.</summary>
internal sealed record InspectDocument
{
    public required string Model { get; init; }

    public required string Architecture { get; init; }

    public required int Blocks { get; init; }

    public required int HiddenSize { get; init; }

    public required int IntermediateSize { get; init; }

    public required int Heads { get; init; }

    public required int KeyValueHeads { get; init; }

    public required int HeadSize { get; init; }

    public required int Vocabulary { get; init; }

    public required int MaxPositions { get; init; }

    public required bool TiedHead { get; init; }

    /// <summary>Gets the number of weights, codes counted one by one.</summary>
    public required long Parameters { get; init; }

    /// <summary>Gets the scheme and preservation of a quantized checkpoint, or null.</summary>
    public required InspectedQuantization? Quantization { get; init; }

    /// <summary>Gets the prefix that is folded into constant keys and values; null, and not in json, for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FoldDescription? Fold { get; init; }

    /// <summary>Gets how many tensors of each type there are and what they weigh.</summary>
    public required IReadOnlyList<TensorTypeTotal> Types { get; init; }

    /// <summary>Gets the bytes of memory that work on this model needs.</summary>
    public required MemoryForecast Memory { get; init; }

    /// <summary>Gets the kernels that would run, and what they use.</summary>
    public required string Kernels { get; init; }

    /// <summary>Gets how exactly those kernels multiply floats: <c>f32</c> or <c>bf16</c>.</summary>
    public required string Precision { get; init; }

    /// <summary>Gets every set of kernels, fastest first, and why those that cannot run cannot.</summary>
    public required IReadOnlyList<InspectedSuite> Suites { get; init; }

    /// <summary>Gets the kernels that each kind of linear runs on.</summary>
    public required IReadOnlyList<InspectedLinears> Linears { get; init; }

    /// <summary>Gets every tensor.</summary>
    public required IReadOnlyList<InspectedTensor> Tensors { get; init; }
}
