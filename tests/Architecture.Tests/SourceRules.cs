using System.Text.RegularExpressions;

namespace OutlierQuant.Architecture.Tests;

/// <summary>Rules about the text of one source file. Each returns one line for each violation.</summary>
internal static partial class SourceRules
{
    /// <summary>The most lines of a file.</summary>
    public const int MaximumLines = 400;

    /// <summary>No file is so long that it cannot be read in one sitting.</summary>
    public static IEnumerable<string> TooLong(string path, string[] lines) =>
        lines.Length > MaximumLines ? [$"{path} has {lines.Length} lines; at most {MaximumLines} are allowed"] : [];

    /// <summary>A file of <c>src</c> has at most one public type, and its name is the file's.</summary>
    public static IEnumerable<string> PublicTypes(string path, string[] lines)
    {
        List<string> types = [.. DeclaredTypes(lines, onlyPublic: true).Distinct()];
        if (types.Count > 1)
        {
            yield return $"{path} has the public types {string.Join(", ", types)}; one is allowed";
        }

        string file = Path.GetFileNameWithoutExtension(path).Split('.')[0];
        if (types.Count == 1 && types[0] != file)
        {
            yield return $"{path} declares {types[0]}; the file must have its name";
        }
    }

    /// <summary>The namespace of a file of <c>src</c> is its folder.</summary>
    public static IEnumerable<string> Namespace(string path, string[] lines)
    {
        string expected = "OutlierQuant" + Path.GetDirectoryName(path)!.Replace('\\', '/')["src".Length..].Replace('/', '.');
        string? found = lines.Select(static line => NamespaceLine().Match(line)).FirstOrDefault(static match => match.Success)?.Groups[1].Value;
        return found is null || found == expected ? [] : [$"{path} is in the namespace {found}; its folder requires {expected}"];
    }

    /// <summary>No folder, file or type has a name that says nothing.</summary>
    public static IEnumerable<string> EmptyNames(string path, string[] lines) =>
        path.Split('/', '.').Concat(DeclaredTypes(lines, onlyPublic: false)).Distinct()
            .Where(static name => EmptyWord().IsMatch(name))
            .Select(name => $"{path} has the name {name}; name what it does");

    /// <summary>Nothing depends on the machine that it was written on.</summary>
    public static IEnumerable<string> MachinePaths(string path, string[] lines) => Matches(path, lines, MachinePath(), "no path of one machine is allowed");

    /// <summary>Nothing is left for later.</summary>
    public static IEnumerable<string> Unfinished(string path, string[] lines) => Matches(path, lines, UnfinishedWork(), "nothing may be unfinished");

    private static IEnumerable<string> Matches(string path, string[] lines, Regex pattern, string rule) =>
        from pair in lines.Index()
        let match = pattern.Match(pair.Item)
        where match.Success
        select $"{path}, line {pair.Index + 1} has '{match.Value}'; {rule}";

    private static IEnumerable<string> DeclaredTypes(string[] lines, bool onlyPublic) =>
        from line in lines
        let match = TypeLine().Match(line)
        where match.Success && (!onlyPublic || match.Groups[1].Value == "public")
        select match.Groups[2].Value;

    // File-scoped namespaces put every type that is not nested at the start of a line.
    [GeneratedRegex(@"^(public|internal)\s+(?:(?:static|sealed|abstract|partial|readonly|ref|unsafe|file)\s+)*(?:class|struct|record\s+struct|record\s+class|record|interface|enum|delegate\s+\S+)\s+(\w+)")]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^namespace\s+([\w.]+)\s*;?")]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"(Helpers?|Utils?|Utility|Utilities|Common|Managers?|Misc)(?![a-z])")]
    private static partial Regex EmptyWord();

    [GeneratedRegex(@"\.\./shared|(?<![\w.\]*}])/(work|home|root|tmp|Users)/|[A-Z]:\\Users")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"NotImplementedException|\b(TODO|FIXME|HACK|XXX)\b|#region")]
    private static partial Regex UnfinishedWork();
}
