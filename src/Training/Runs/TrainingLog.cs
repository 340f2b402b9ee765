using System.Text.Json;
using OutlierQuant.Checkpoints;

namespace OutlierQuant.Training.Runs;

/// <summary><c>log.jsonl</c>: every measurement as it is made, with the speed.</summary>
internal static class TrainingLog
{
    public const string FileName = "log.jsonl";

    /// <summary>Appends a line.</summary>
    public static void Append(string directory, LogLine line) =>
        File.AppendAllText(Path.Combine(directory, FileName), JsonSerializer.Serialize(line, LogJson.Default.LogLine) + "\n");

    /// <summary>Takes off what was measured after a step, which a resumed run measures again.</summary>
    public static void CutAfter(string directory, int step)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            return;
        }

        // A process that is killed may leave half a line, which can only be the last.
        List<string> kept = [];
        foreach (string line in File.ReadLines(path))
        {
            if (StepOf(line) is not int measured || measured > step)
            {
                break;
            }

            kept.Add(line + "\n");
        }

        AtomicFile.WriteAllText(path, string.Concat(kept));
    }

    private static int? StepOf(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, LogJson.Default.LogLine)?.Record.Step;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
