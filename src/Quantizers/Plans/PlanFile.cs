using System.Text.Json;
using OutlierQuant.Checkpoints;

namespace OutlierQuant.Quantizers.Plans;

/// <summary>Reads and writes plans.</summary>
internal static class PlanFile
{
    /// <summary>Writes a plan, whole or not at all.</summary>
    public static void Save(QuantizationPlan plan, string path) =>
        AtomicFile.WriteAllText(path, JsonSerializer.Serialize(plan, PlanJson.Readable.QuantizationPlan) + "\n");

    /// <summary>Reads a plan and checks what the json schema cannot.</summary>
    public static QuantizationPlan Load(string path)
    {
        QuantizationPlan plan;
        try
        {
            plan = JsonSerializer.Deserialize(File.ReadAllBytes(path), PlanJson.Readable.QuantizationPlan)
                ?? throw Wrong(path, "it holds null; a quantization plan is a json object");
        }
        catch (JsonException exception)
        {
            throw Wrong(path, $"{exception.Path ?? "$"}: not a quantization plan of version {QuantizationPlan.CurrentVersion}: {exception.Message}");
        }

        if (plan.Version != QuantizationPlan.CurrentVersion)
        {
            throw Wrong(path, $"$.version is {plan.Version}; this build reads version {QuantizationPlan.CurrentVersion}");
        }

        return plan;
    }

    private static CheckpointFormatException Wrong(string path, string problem) => new(path, 0, problem);
}
