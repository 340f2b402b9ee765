namespace OutlierQuant.Cli;

/// <summary>Options that parse one by one but do not fit together; exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
