using System.CommandLine;
using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Cli.Commands;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Models;
using OutlierQuant.Models.Folding;

namespace OutlierQuant.Cli;

/// <summary>Gets the folded model that a verb needs, with its profile: by calibrating on a text, or from a profile of a folded model.</summary>
internal static class Folding
{
    /// <summary>Folds the session's model, and calibrates what is left in the stream.</summary>
    /// <param name="session">The model.</param>
    /// <param name="text">The text.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="arguments">The command line, for the windows.</param>
    /// <param name="windows">The most windows; null for all.</param>
    /// <param name="detectors">Thresholds.</param>
    /// <param name="options">What to fold.</param>
    /// <param name="unfolded">The profile of the model without the fold on the same windows; null makes it first.</param>
    /// <param name="console">Receives notes.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static FoldedCalibration Calibrate(
        Session session,
        string text,
        string source,
        ParseResult arguments,
        int? windows,
        DetectorOptions detectors,
        FoldOptions options,
        CalibrationProfile? unfolded,
        UserConsole console,
        CancellationToken cancellation)
    {
        RequireBos(session, arguments);
        CalibrationSet set = TextWindows.Cut(session.Tokenizer, text, Path.GetFileName(source), session.ContextOf(arguments), bos: true, windows);
        console.Note($"folding prefix {options.Prefix}, calibrating {(unfolded is null ? "before and after " : "")}on {set.Windows.Count} of {set.WindowsInText} windows of {set.Context} tokens of {set.Source}");
        using ProgressDisplay progress = new(console);
        FoldedCalibration folded = FoldedCalibrator.Run(
            session.Model, session.Tokenizer, set, detectors, options, unfolded, (what, done) => progress.Report(what, done.TokensDone, done.TokensTotal, "tokens"), cancellation);
        progress.Dispose();
        if (options.Merge && folded.Profile.Fold!.Merge is null)
        {
            console.Note($"nothing was merged: the prefix that was found has one token, {folded.Profile.Fold}");
        }

        return folded;
    }

    /// <summary>Reads the profile of a folded model, and folds the session's model as it says.</summary>
    /// <param name="session">The model.</param>
    /// <param name="path">The profile.</param>
    /// <param name="asked">What the command line asks to fold, which must agree; null where it asks for nothing.</param>
    /// <param name="arguments">The command line.</param>
    public static FoldedCalibration Load(Session session, string path, FoldOptions? asked, ParseResult arguments)
    {
        int bos = RequireBos(session, arguments);
        var profile = CalibrationProfile.Load(path);
        if (profile.Fold is not { } fold)
        {
            throw new InvalidDataException($"{path}: is the profile of a model without a fold; make one with locate --fold.");
        }

        if (fold.Merge is not null || fold.Drop is not null)
        {
            throw new InvalidDataException($"{path}: the fold has merged pairs or dropped values, which follow from a text and are not in a profile; give the text instead, with the same options.");
        }

        if (asked is not null && (!asked.NeedsNoText || !(asked.Prefix.TokenIds ?? [bos]).SequenceEqual(fold.Description.Prefix)))
        {
            throw new InvalidDataException($"{path}: is the profile of a model folded at {fold}, and the options ask for another fold; leave them out, or give a text.");
        }

        TransformerModel folded = session.Model.With(fold: FoldBuilder.Compute(session.Model, fold.Description.Prefix, bos));
        profile.RequireModel(folded);
        return new FoldedCalibration(folded, profile);
    }

    /// <summary>Folds the session's model where no text is needed for it.</summary>
    public static TransformerModel Compute(Session session, FoldOptions options, ParseResult arguments)
    {
        int bos = RequireBos(session, arguments);
        return session.Model.With(fold: FoldBuilder.Compute(session.Model, options.Prefix.TokenIds ?? [bos], bos));
    }

    private static int RequireBos(Session session, ParseResult arguments) =>
        arguments.GetValue(SharedOptions.NoBos)
            ? throw new UsageException("--no-bos is given, but BOS stands for a folded prefix at the start of every sequence.")
            : session.Tokenizer.BosTokenId ?? throw new InvalidDataException($"{session.Model.Directory}: the tokenizer names no BOS, which stands for a folded prefix at the start of every sequence; such a model cannot be folded.");
}
