using OutlierQuant.Checkpoints;
using OutlierQuant.Training.Measuring;
using OutlierQuant.Training.Runs;

namespace OutlierQuant.Training.Figures;

/// <summary>Draws what several runs measured, over the tokens that they were trained on.</summary>
public static class TrainingFigures
{
    private const double Million = 1e6;

    /// <summary>Where the axis of a share may end.</summary>
    private static readonly double[] ShareScales = [0.1, 0.2, 0.5, 1];

    /// <summary>Gets the names of the figures: what <see cref="Write"/> calls the files, without their ending.</summary>
    public static IReadOnlyList<string> Names { get; } = ["validation-loss", "ratio", "largest", "sink-first-token", "sink-explicit"];

    /// <summary>Writes the figures as SVG files into a directory, beside what is there.</summary>
    /// <param name="runs">The runs by the names that the legends give them.</param>
    /// <param name="directory">A directory that exists.</param>
    /// <returns>The files.</returns>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static IReadOnlyList<string> Write(IReadOnlyList<(string Name, TrainingHistory History)> runs, string directory)
    {
        ArgumentNullException.ThrowIfNull(runs);
        List<string> files = [];
        foreach (string name in Names)
        {
            if (Draw(name, runs) is string svg)
            {
                files.Add(Path.Combine(directory, name + ".svg"));
                AtomicFile.WriteAllText(files[^1], svg);
            }
        }

        return files;
    }

    /// <summary>Draws one figure; null if no run has what it shows.</summary>
    internal static string? Draw(string name, IReadOnlyList<(string Name, TrainingHistory History)> runs) => name switch
    {
        "validation-loss" => Draw("Validation loss", "nats per token", runs, record => record.ValidationLoss, isLogarithmic: false, skipsFirst: true),
        "ratio" => Draw("Largest ratio of a block output's magnitude to its median", "magnitude ÷ median, largest of all blocks", runs, record => record.Ratio, isLogarithmic: true),
        "largest" => Draw("Largest value of any block's output", "magnitude", runs, record => record.Blocks.Max(block => Math.Abs((double)block.Value)), isLogarithmic: true),
        "sink-first-token" => Draw("Attention sink on the first token", "share of heads with mean attention above 0.3", runs, record => record.FirstToken.Share, isLogarithmic: false, isShare: true),
        "sink-explicit" => Draw("Attention sink on k′ or on the learned token", "share of heads with mean attention above 0.3", runs, record => record.ExplicitSink?.Share, isLogarithmic: false, isShare: true),
        _ => throw new ArgumentException($"There is no figure '{name}'; there are {string.Join(", ", Names)}.", nameof(name)),
    };

    private static string? Draw(
        string title, string yLabel, IReadOnlyList<(string Name, TrainingHistory History)> runs, Func<TrainingRecord, double?> read, bool isLogarithmic, bool isShare = false, bool skipsFirst = false)
    {
        // The loss before the first step is that of guessing, and would leave the curves little room.
        List<Series> series =
        [
            .. from run in runs
               let points = run.History.Records.Where(record => read(record) is not null && !(skipsFirst && record.Step == 0))
                   .Select(record => (record.Tokens / Million, read(record)!.Value)).ToList()
               where points.Count > 0
               select new Series(run.Name, points),
        ];
        if (series.Count == 0)
        {
            return null;
        }

        Axis x = new(series.SelectMany(curve => curve.Points).Select(point => point.X), false, from: 0);
        List<double> values = [.. series.SelectMany(curve => curve.Points).Select(point => point.Y)];
        Axis y = new(values, isLogarithmic, isShare ? 0 : null, isShare ? ShareScales.First(end => end >= values.Max()) : null);
        return LineChart.Draw(title, "million tokens", yLabel, x, y, series);
    }
}
