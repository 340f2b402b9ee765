namespace OutlierQuant.Cli;

/// <summary>Options that parse one by one but do not fit together, or name what does not exist; exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>Reads an option's value with a library's own parser, whose complaint is then about usage.</summary>
    public static T Parse<T>(Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (ArgumentException exception)
        {
            throw new UsageException(CommandLine.OneLine(exception));
        }
    }
}
