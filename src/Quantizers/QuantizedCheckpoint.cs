using OutlierQuant.Checkpoints;
using OutlierQuant.Models;
using OutlierQuant.Quantizers.Plans;
using OutlierQuant.Quantizers.Writing;

namespace OutlierQuant.Quantizers;

/// <summary>Writes a quantized model as a checkpoint directory that everything here reads like any other.</summary>
public static class QuantizedCheckpoint
{
    /// <summary>The name of the plan in the directory.</summary>
    public const string PlanFileName = "quantization_plan.json";

    // What a checkpoint holds beside weights and config.json: how to tokenize, how to generate, and its licence.
    private static readonly string[] CopiedFiles =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt", "tokenizer.model",
        "chat_template.jinja", "chat_template.json", "generation_config.json", "LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE",
    ];

    /// <summary>Writes the directory, whole or not at all.</summary>
    /// <remarks>It holds <c>model.safetensors</c>, <c>config.json</c> (the source's, with a <c>quantization_config</c>), the plan, and the source's files for
    /// tokenizing and generating. The same model and plan give the same bytes.</remarks>
    /// <param name="quantized">What <see cref="Quantizer.Apply"/> made of the plan.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="outputDirectory">The directory to make; its parent must exist.</param>
    /// <param name="overwrite">Whether a directory that is already there and not empty is replaced.</param>
    /// <param name="progress">Told the bytes of tensors written so far and of all; null for silence.</param>
    /// <param name="cancellation">Stops, and leaves nothing behind.</param>
    /// <exception cref="ArgumentException">The model is not what the plan makes, or the output would replace the model that is being read.</exception>
    /// <exception cref="IOException">The output exists and is not empty, or cannot be written.</exception>
    public static void Write(
        TransformerModel quantized, QuantizationPlan plan, string outputDirectory, bool overwrite = false, Action<long, long>? progress = null, CancellationToken cancellation = default)
    {
        RequireOutside(quantized.Directory, outputDirectory);
        IReadOnlyList<TensorToWrite> tensors = CheckpointTensors.List(quantized, plan);
        using AtomicDirectory directory = AtomicDirectory.Create(outputDirectory, overwrite);
        foreach (string name in CopiedFiles)
        {
            string source = Path.Combine(quantized.Directory, name);
            if (File.Exists(source))
            {
                File.Copy(source, Path.Combine(directory.StagingPath, name));
            }
        }

        string staged = directory.StagingPath;
        File.WriteAllBytes(Path.Combine(staged, "config.json"), ConfigFile.WithQuantization(Path.Combine(quantized.Directory, "config.json"), plan));
        PlanFile.Save(plan, Path.Combine(staged, PlanFileName));
        SafetensorsWriter.Write(
            Path.Combine(staged, "model.safetensors"), tensors, new Dictionary<string, string> { ["format"] = "outlierquant" }, progress, cancellation);
        cancellation.ThrowIfCancellationRequested();
        directory.Commit();
    }

    private static void RequireOutside(string source, string output)
    {
        string from = Real(source);
        string to = Real(output);
        if (from == to || from.StartsWith(to + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The output {output} holds the model that is being read, {source}; give another directory.");
        }
    }

    /// <summary>The full path with a final link followed, without a separator at its end.</summary>
    private static string Real(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return Directory.Exists(full) ? Directory.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full : full;
    }
}
