using System.CommandLine;
using System.Globalization;
using OutlierQuant.Training;

namespace OutlierQuant.Cli.Training;

/// <summary>An option of <c>train</c> and its place in <see cref="TrainingOptions"/>.</summary>
/// <param name="Option">The option.</param>
/// <param name="Apply">Gives the options with what the command line says.</param>
/// <param name="Show">Writes the value that options have.</param>
internal sealed record TrainSetting(Option Option, Func<TrainingOptions, ParseResult, TrainingOptions> Apply, Func<TrainingOptions, string> Show)
{
    /// <summary>Makes a setting of an option whose value is the options' own.</summary>
    public static TrainSetting Of<T>(Option<T> option, Func<TrainingOptions, T, TrainingOptions> apply, Func<TrainingOptions, T> read) => new(
        option,
        (options, arguments) => apply(options, arguments.GetValue(option)!),
        options => Convert.ToString(read(options), CultureInfo.InvariantCulture) ?? "");

    /// <summary>Whether the user gave the option.</summary>
    public bool IsGiven(ParseResult arguments) => arguments.GetResult(Option) is { Implicit: false };
}
