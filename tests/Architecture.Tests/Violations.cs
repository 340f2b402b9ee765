using Xunit;

namespace OutlierQuant.Architecture.Tests;

/// <summary>Asserts on lists of violations.</summary>
internal static class Violations
{
    /// <summary>Fails with every violation on a line of its own.</summary>
    public static void None(IEnumerable<string> violations)
    {
        List<string> found = [.. violations];
        Assert.True(found.Count == 0, string.Join('\n', found));
    }
}
