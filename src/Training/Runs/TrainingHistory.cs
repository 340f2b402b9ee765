using System.Text.Json;
using OutlierQuant.Checkpoints;
using OutlierQuant.Training.Measuring;

namespace OutlierQuant.Training.Runs;

/// <summary>The whole record of a run: <c>history.json</c> of its directory. Without times, so that equal runs give equal bytes.</summary>
public sealed record TrainingHistory
{
    /// <summary>The version that this program writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The name of the file.</summary>
    public const string FileName = "history.json";

    /// <summary>Gets the version of the document.</summary>
    public required int Version { get; init; }

    /// <summary>Gets the options.</summary>
    public required TrainingOptions Options { get; init; }

    /// <summary>Gets the text that was trained on.</summary>
    public required TextSummary Text { get; init; }

    /// <summary>Gets the text that was validated on.</summary>
    public required TextSummary Validation { get; init; }

    /// <summary>Gets the number of parameters; the head is the embedding and counts once.</summary>
    public required int Parameters { get; init; }

    /// <summary>Gets the kernels that computed.</summary>
    public required string Kernels { get; init; }

    /// <summary>Gets the measurements in order, the first before any step.</summary>
    public required IReadOnlyList<TrainingRecord> Records { get; init; }

    /// <summary>Reads the history of a run.</summary>
    /// <param name="path">The file, or the directory that holds it.</param>
    /// <exception cref="IOException">It cannot be read, or is not a history of this version; the message says which.</exception>
    public static TrainingHistory Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        if (!File.Exists(file))
        {
            throw new FileNotFoundException($"{file}: there is no such file; the {FileName} of a run that 'train' wrote is needed.", file);
        }

        try
        {
            TrainingHistory history = JsonSerializer.Deserialize(File.ReadAllBytes(file), TrainingJson.Default.TrainingHistory)
                ?? throw new InvalidDataException($"{file}: holds null; the record of a run is needed.");
            if (history.Version != CurrentVersion)
            {
                throw new InvalidDataException($"{file}: the version is {history.Version}; {CurrentVersion} is read.");
            }

            return history.WhyNotARun() is string reason ? throw new InvalidDataException($"{file}: {reason}") : history;
        }
        catch (JsonException wrong)
        {
            throw new InvalidDataException($"{file}: line {wrong.LineNumber + 1}, {wrong.Path}: {wrong.Message.Split(" Path:")[0]}", wrong);
        }
    }

    /// <summary>Says what no run measures; null where nothing is wrong.</summary>
    private string? WhyNotARun()
    {
        if (Records.Count == 0)
        {
            return "there are no records; a run has one before its first step.";
        }

        foreach (TrainingRecord record in Records)
        {
            if (record.RatioBlock < 0 || record.RatioBlock >= record.Blocks.Count)
            {
                return $"step {record.Step}: the largest ratio is in block {record.RatioBlock}, but {record.Blocks.Count} blocks are recorded.";
            }

            double?[] shares = [record.FirstToken.Share, record.ExplicitSink?.Share];
            if (shares.FirstOrDefault(share => share is < 0 or > 1) is double wrong)
            {
                return $"step {record.Step}: {wrong} is the share of heads with a sink; it must be 0 to 1.";
            }
        }

        return null;
    }

    /// <summary>Writes the history beside its place and renames it there.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    internal void Save(string path) => AtomicFile.WriteAllText(path, JsonSerializer.Serialize(this, TrainingJson.Default.TrainingHistory) + "\n");
}
