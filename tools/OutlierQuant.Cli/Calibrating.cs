using System.CommandLine;
using OutlierQuant.Calibration;
using OutlierQuant.Cli.Terminal;

namespace OutlierQuant.Cli;

/// <summary>Gets the calibration profile that a verb needs: from a file, or by calibrating on a text.</summary>
internal static class Calibrating
{
    /// <summary>Windows that a verb calibrates on when the user does not say how many.</summary>
    public const int DefaultWindows = 32;

    /// <summary>Loads a profile and checks that it belongs to the model.</summary>
    public static CalibrationProfile Load(Session session, string path)
    {
        var profile = CalibrationProfile.Load(path);
        profile.RequireModel(session.Model);
        return profile;
    }

    /// <summary>Calibrates on a text, cut as the command line asks.</summary>
    public static CalibrationProfile Run(Session session, string text, string source, ParseResult arguments, int? windows, DetectorOptions? options, UserConsole console, CancellationToken cancellation) =>
        Run(session, text, source, session.ContextOf(arguments), session.BosOf(arguments), windows, options ?? new DetectorOptions(), console, cancellation);

    /// <summary>Calibrates on a text.</summary>
    public static CalibrationProfile Run(Session session, string text, string source, int context, bool bos, int? windows, DetectorOptions options, UserConsole console, CancellationToken cancellation)
    {
        CalibrationSet set = TextWindows.Cut(session.Tokenizer, text, Path.GetFileName(source), context, bos, windows);
        console.Note($"calibrating on {set.Windows.Count} of {set.WindowsInText} windows of {set.Context} tokens of {set.Source}{(set.Bos ? ", each with BOS" : ", without BOS")}");
        using ProgressDisplay progress = new(console);
        return Calibrator.Run(session.Model, session.Tokenizer, set, options, progress.ForwardPass("calibrating"), cancellation);
    }
}
