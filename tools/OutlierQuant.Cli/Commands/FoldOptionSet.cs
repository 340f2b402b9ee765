using System.CommandLine;
using System.Globalization;
using OutlierQuant.Calibration.Folding;

namespace OutlierQuant.Cli.Commands;

/// <summary>The options that say what to fold, shared by the verbs that can.</summary>
internal static class FoldOptionSet
{
    public static readonly Option<FoldPrefixChoice> Prefix = new("--fold-prefix")
    {
        Description = $"Tokens to fold into constant keys and values: bos; token ids separated by commas, the whole prefix in order (15,0); or auto, the shortest that a search of at most {FoldSearch.LongestPrefix} tokens finds behind which no token is massive. Default: bos.",
        HelpName = "bos|auto|1,2,…",
        CustomParser = result =>
        {
            try
            {
                return FoldPrefixChoice.Parse(result.Tokens[0].Value);
            }
            catch (ArgumentException exception)
            {
                result.AddError($"--fold-prefix: {exception.Message}");
                return null;
            }
        },
    };

    public static readonly Option<double?> DropValues = new("--fold-drop-values")
    {
        Description = "Set constant values to 0 whose norm is below this share of their head's mean value norm. Default: keep all.",
        HelpName = "SHARE",
        CustomParser = result =>
        {
            if (double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double share) && share >= 0 && double.IsFinite(share))
            {
                return share;
            }

            result.AddError($"--fold-drop-values is '{result.Tokens[0].Value}', but must be a number from 0 on.");
            return null;
        },
    };

    public static readonly Option<bool> Merge = new("--fold-merge") { Description = "Merge the constants of a longer prefix into one pair a head, by least squares on the log-sum-exp of the scores." };

    /// <summary>Reads the options.</summary>
    /// <returns>What to fold; null when none of the options is given.</returns>
    public static FoldOptions? Read(ParseResult arguments)
    {
        FoldPrefixChoice? prefix = arguments.GetValue(Prefix);
        double? bound = arguments.GetValue(DropValues);
        bool merge = arguments.GetValue(Merge);
        if (prefix is null && bound is null && !merge)
        {
            return null;
        }

        if (merge && prefix is not ({ IsAuto: true } or { TokenIds.Count: > 1 }))
        {
            throw new UsageException("--fold-merge needs a prefix of several tokens: give --fold-prefix auto or a list.");
        }

        return new FoldOptions { Prefix = prefix ?? FoldPrefixChoice.Bos, DropValuesBelow = bound, Merge = merge };
    }
}
