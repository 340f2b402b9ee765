using System.CommandLine;
using System.Text.Json;
using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval;
using OutlierQuant.Eval.Certification;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>certify</c>: whether massive activations are constants that do not depend on the text.</summary>
internal static class CertifyCommand
{
    private static readonly CertificationOptions Defaults = new();
    private static readonly Option<string[]> Texts = new("--text") { Description = "Text to certify on (UTF-8); give several times. The first says which coordinates are certified.", Required = true, HelpName = "FILE", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<WindowLimit> Windows = SharedOptions.Windows("--windows", "use of each text", CertificationOptions.DefaultWindows);
    private static readonly Option<double> MinMagnitude = SharedOptions.AtLeastZero("--min-magnitude", "A massive activation is larger than this.", Defaults.Detector.MinMagnitude);
    private static readonly Option<double> MinRatio = SharedOptions.AtLeastZero("--min-ratio", "And larger than this many times the median magnitude.", Defaults.Detector.MinRatio);
    private static readonly Option<int> Draws = SharedOptions.Positive("--draws", "Sets of random source tokens that value updates are compared with.", Defaults.Draws);
    private static readonly Option<int> Resamples = SharedOptions.Positive("--resamples", "Resamples behind each interval.", Defaults.Resamples);
    private static readonly Option<string> Out = new("--out") { Description = "Write the certificate (json).", HelpName = "FILE" };

    public static Command Create(UserConsole console)
    {
        Command command = new("certify", "Certifies whether massive activations are constants that do not depend on the text: across texts, shuffled and random tokens, with BOS and without.\n\nExample:\n  outlierquant certify MODEL --text prose.txt --text wiki.txt --out certificate.json")
        {
            SharedOptions.Model, Texts, Windows, SharedOptions.Context, MinMagnitude, MinRatio, Draws, Resamples, SharedOptions.Seed, Out,
            SharedOptions.Threads, SharedOptions.Device, SharedOptions.Kernels, SharedOptions.Precision, SharedOptions.Json,
        };
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        string[] paths = arguments.GetRequiredValue(Texts);
        if (paths.CountBy(Path.GetFullPath).FirstOrDefault(path => path.Value > 1) is { Value: > 1 } twice)
        {
            throw new UsageException($"--text names {twice.Key} twice; a text agrees with itself whatever the model does.");
        }

        CertificationText[] texts = [.. paths.Zip(TextFile.NamesOf(paths), (path, name) => new CertificationText(name, TextFile.Read(path)))];
        string? output = arguments.GetValue(Out);
        OutputFile.RequirePlace(output);
        using Session session = Session.Open(arguments);
        using ProgressDisplay progress = new(console);
        Certificate certificate = CertificationStudy.Run(session.Model, session.Tokenizer, texts, new CertificationOptions
        {
            MaxWindows = arguments.GetValue(Windows).Count,
            Context = session.ContextOf(arguments),
            Detector = new DetectorOptions { MinMagnitude = arguments.GetValue(MinMagnitude), MinRatio = arguments.GetValue(MinRatio) },
            Draws = arguments.GetValue(Draws),
            Resamples = arguments.GetValue(Resamples),
            Seed = arguments.GetValue(SharedOptions.Seed),
            Progress = progress.Arms(),
            Cancellation = cancellation,
        });
        progress.Dispose();
        if (output is not null)
        {
            AtomicFile.Write(output, stream => JsonSerializer.Serialize(stream, certificate, EvalJson.Default.Certificate), cancellation);
        }

        if (arguments.GetValue(SharedOptions.Json))
        {
            console.WriteJson(certificate, EvalJson.Default.Certificate);
        }
        else
        {
            CertificatePage.Show(certificate, console);
        }

        return 0;
    }
}
