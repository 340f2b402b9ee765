using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using OutlierQuant.Eval;
using OutlierQuant.Kernels;

namespace OutlierQuant.Cli.Commands;

/// <summary>The options that several verbs share, declared once so that they read and behave the same everywhere.</summary>
internal static class SharedOptions
{
    public static readonly Argument<string> Model = new("MODEL") { Description = "Directory of a Hugging Face checkpoint, or of one that 'quantize' wrote." };

    public static readonly Option<bool> Json = new("--json") { Description = "Print one json document to standard output and nothing else there." };

    public static readonly Option<bool> Verbose = new("--verbose") { Description = "Show the stack trace of an error.", Recursive = true };

    public static readonly Option<int> Threads = Positive("--threads", "Threads to compute with; results do not depend on it.", Environment.ProcessorCount);

    public static readonly Option<string> Kernels = OneOf("--kernels", "Kernels to compute with; 'inspect' shows which of them run here, and why others do not.", "auto", ["auto", .. KernelSuite.All.Select(suite => suite.Name)]);

    public static readonly Option<string> Precision = OneOf("--precision", "How exactly products of floats are computed: as binary32 sums are, or with activations rounded to bf16 where that is faster.", "f32", ["f32", "bf16"]);

    public static readonly Option<string> Device = new("--device")
    {
        Description = $"Where to compute; 'devices' shows what there is here. One of: {DeviceCatalog.Choices}.",
        HelpName = "NAME",
        DefaultValueFactory = _ => DeviceCatalog.Cpu,
        CustomParser = result =>
        {
            string word = result.Tokens[0].Value;
            if (!DeviceCatalog.IsChoice(word))
            {
                result.AddError($"{Name(result)} is '{word}', but must be one of: {DeviceCatalog.Choices}.");
            }

            return word;
        },
    };

    public static readonly Option<bool> Timing = new("--timing") { Description = "Show where the time goes, part by part." };

    public static readonly Option<string> RequiredText = new("--text") { Description = "Text to measure on (UTF-8).", Required = true, HelpName = "FILE" };

    public static readonly Option<int?> Context = PositiveOrNull("--context", $"Tokens in a window. Default: what the model allows, at most {PerplexityOptions.DefaultContext}.");

    public static readonly Option<bool> NoBos = new("--no-bos") { Description = "Do not put BOS at the start of every window." };

    public static readonly Option<int> Seed = new("--seed") { Description = "Seed of every random choice.", DefaultValueFactory = _ => 1, HelpName = "N", CustomParser = result => ParseCount(result) ?? 0 };

    public static readonly Option<string> Profile = new("--profile") { Description = "Calibration profile that 'locate --out' wrote.", HelpName = "FILE" };

    public static readonly Option<WindowLimit> CalibrationWindows = Windows("--calibration-windows", "calibrate on", Calibrating.DefaultWindows);

    public static readonly Option<int?> Channels = new("--channels")
    {
        Description = "Input channels of each linear to preserve: a number, or 'auto' for those that the profile suggests.",
        HelpName = "auto|N",
        CustomParser = result => result.Tokens[0].Value == "auto" ? null : ParseCount(result),
    };

    public static readonly Option<bool> IncludeHead = new("--include-head") { Description = "Quantize the output head too." };

    /// <summary>Reads two options that exclude each other.</summary>
    /// <exception cref="UsageException">Both are given.</exception>
    public static (string? First, string? Second) AtMostOne(ParseResult arguments, Option<string> first, Option<string> second)
    {
        (string? First, string? Second) values = (arguments.GetValue(first), arguments.GetValue(second));
        return values is ({ }, { }) ? throw new UsageException($"Give either {first.Name} or {second.Name}, not both.") : values;
    }

    /// <summary>Makes an option that bounds a number of windows, or lifts the bound with <c>all</c>.</summary>
    public static Option<WindowLimit> Windows(string name, string purpose, int? limit) => new(name)
    {
        Description = $"Windows of text to {purpose}, evenly spaced; or 'all'. Default: {(limit is null ? "all" : limit.Value.ToString(CultureInfo.InvariantCulture))}.",
        HelpName = "N|all",
        DefaultValueFactory = _ => new WindowLimit(limit),
        CustomParser = result => result.Tokens[0].Value == "all" ? new WindowLimit(null) : new WindowLimit(ParsePositive(result)),
    };

    public static Option<int> Positive(string name, string description, int value) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => value,
        CustomParser = result => ParsePositive(result) ?? 0,
    };

    public static Option<int?> PositiveOrNull(string name, string description, int smallest = 1) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result => ParseFrom(smallest, result),
    };

    public static Option<double> AtLeastZero(string name, string description, double value, double largest = double.MaxValue) =>
        Number(name, description, "X", value, number => number >= 0 && number <= largest, $"a number from 0{(largest == double.MaxValue ? " on" : $" to {largest.ToString(CultureInfo.InvariantCulture)}")}");

    /// <summary>A probability that leaves something to choose from: above 0, up to 1.</summary>
    public static Option<double> Probability(string name, string description, double value) =>
        Number(name, description, "P", value, number => number is > 0 and <= 1, "a number above 0, up to 1");

    public static Option<string> OneOf(string name, string description, string value, IReadOnlyList<string> values) => new(name)
    {
        Description = $"{description} One of: {string.Join(", ", values)}.",
        HelpName = "NAME",
        DefaultValueFactory = _ => value,
        CustomParser = result =>
        {
            string word = result.Tokens[0].Value;
            if (!values.Contains(word, StringComparer.Ordinal))
            {
                result.AddError($"{Name(result)} is '{word}', but must be one of: {string.Join(", ", values)}.");
            }

            return word;
        },
    };

    /// <summary>Parses whole numbers separated by commas.</summary>
    public static int[]? ParseList(ArgumentResult result)
    {
        string[] words = result.Tokens[0].Value.Split(',');
        int[] numbers = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                result.AddError($"{Name(result)} has '{words[i]}', but must be whole numbers from 0 separated by commas.");
                return null;
            }
        }

        return numbers;
    }

    private static Option<double> Number(string name, string description, string helpName, double value, Func<double, bool> isTaken, string what) => new(name)
    {
        Description = description,
        HelpName = helpName,
        DefaultValueFactory = _ => value,
        CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && isTaken(number))
            {
                return number;
            }

            result.AddError($"{Name(result)} is '{result.Tokens[0].Value}', but must be {what}.");
            return 0;
        },
    };

    private static int? ParsePositive(ArgumentResult result) => ParseFrom(1, result);

    private static int? ParseCount(ArgumentResult result) => ParseFrom(0, result);

    private static int? ParseFrom(int smallest, ArgumentResult result)
    {
        if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= smallest)
        {
            return number;
        }

        result.AddError($"{Name(result)} is '{result.Tokens[0].Value}', but must be a whole number from {smallest} to {int.MaxValue}.");
        return null;
    }

    private static string Name(ArgumentResult result) => result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name;
}
