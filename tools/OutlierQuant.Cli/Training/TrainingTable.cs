using System.Globalization;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Training.Measuring;
using OutlierQuant.Training.Runs;

namespace OutlierQuant.Cli.Training;

/// <summary>A line for each measurement, as it is made.</summary>
internal static class TrainingTable
{
    public const string Header = "   step      tokens        lr     loss  validation  gradient    ratio  block   largest  elsewhere  first token  explicit  tokens/s";

    /// <summary>Writes a measurement.</summary>
    public static string Line(TrainingProgress progress)
    {
        TrainingRecord record = progress.Record!;
        BlockMeasurement block = record.Blocks[record.RatioBlock];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{record.Step,7} {Tables.Count(record.Tokens),11} {record.LearningRate,9:G3} {record.Loss,8:F4} {record.ValidationLoss,11:F4} {record.GradientNorm,9:F3} {record.Ratio,8:F1} {record.RatioBlock,6} {block.Value,9:F1} {block.ValueAfterFirst,10:F1} {record.FirstToken.Share,12:P1} {Explicit(record),9} {progress.TokensPerSecond,9:N0}");
    }

    private static string Explicit(TrainingRecord record) => record.ExplicitSink is { } sink ? sink.Share.ToString("P1", CultureInfo.InvariantCulture) : "";
}
