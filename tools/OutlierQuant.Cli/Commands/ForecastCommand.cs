using System.CommandLine;
using OutlierQuant.Calibration;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Eval;
using OutlierQuant.Eval.Forecasting;
using OutlierQuant.Quantizers;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>forecast</c>: what quantization will do to every linear and block output, before it is done; and, on a text, what it did.</summary>
internal static class ForecastCommand
{
    private static readonly Option<string> Text = new("--text") { Description = "Text (UTF-8) to measure on, and without --profile to calibrate on too. Without it nothing is quantized.", HelpName = "FILE" };
    private static readonly Option<string> Schemes = new("--scheme")
    {
        Description = $"Schemes, separated by commas. Default: {string.Join(",", ForecastOptions.DefaultSchemes.Select(scheme => scheme.Name))}.",
        HelpName = "LIST",
    };

    private static readonly Option<WindowLimit> Windows = SharedOptions.Windows("--windows", "measure on", ForecastOptions.DefaultWindows);
    private static readonly Option<bool> Damage = new("--damage") { Description = "Also quantize each linear alone and score the text: one pass for each linear and scheme." };

    public static Command Create(UserConsole console)
    {
        Command command = new("forecast", "Forecasts from the largest value, the 99.9 % quantile and the median of every tensor what quantization will do to it, and with a text measures it.\n\nExample:\n  outlierquant forecast MODEL --profile profile.json --text test.txt --scheme w8a4-tensor-static")
        {
            SharedOptions.Model, SharedOptions.Profile, Text, Schemes, Damage, Windows, SharedOptions.CalibrationWindows, SharedOptions.Context, SharedOptions.NoBos,
            SharedOptions.Threads, SharedOptions.Kernels, SharedOptions.Precision, SharedOptions.Json,
        };
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        string? profilePath = arguments.GetValue(SharedOptions.Profile);
        string? textPath = arguments.GetValue(Text);
        if (profilePath is null && textPath is null)
        {
            throw new UsageException("A forecast needs --profile, or --text to make a profile from.");
        }

        if (textPath is null && arguments.GetValue(Damage))
        {
            throw new UsageException("--damage scores a text; give --text too.");
        }

        IReadOnlyList<Scheme> schemes = arguments.GetValue(Schemes) is { } list
            ? UsageException.Parse<IReadOnlyList<Scheme>>(() => [.. list.Split(',').Select(Scheme.Parse)])
            : ForecastOptions.DefaultSchemes;
        string? text = textPath is null ? null : TextFile.Read(textPath);
        using Session session = Session.Open(arguments);
        CalibrationProfile profile = profilePath is not null
            ? Calibrating.Load(session, profilePath)
            : Calibrating.Run(session, text!, textPath!, arguments, arguments.GetValue(SharedOptions.CalibrationWindows).Count, null, console, cancellation);
        using ProgressDisplay progress = new(console);
        ForecastOptions options = new()
        {
            Schemes = schemes,
            MeasuresDamage = arguments.GetValue(Damage),
            Text = new PerplexityOptions { Context = session.ContextOf(arguments), Bos = session.BosOf(arguments), MaxWindows = arguments.GetValue(Windows).Count },
            Progress = progress.Arms(),
            Cancellation = cancellation,
        };
        ForecastResult result = text is null
            ? Forecaster.Run(session.Model, profile, options)
            : Forecaster.Run(session.Model, session.Tokenizer, profile, text, Path.GetFileName(textPath!), options);
        progress.Dispose();
        if (arguments.GetValue(SharedOptions.Json))
        {
            console.WriteJson(result, EvalJson.Default.ForecastResult);
        }
        else
        {
            ForecastTables.Show(result, console);
        }

        return 0;
    }
}
