using System.Xml.Linq;
using OutlierQuant.Testing;

namespace OutlierQuant.Architecture.Tests;

/// <summary>A project file: its directory in the repository, and the directories of the projects that it references.</summary>
/// <param name="Directory">For example <c>src/Models</c>.</param>
/// <param name="References">For example <c>src/Kernels</c>.</param>
/// <param name="Packages">Names of the packages that it references.</param>
internal sealed record Project(string Directory, IReadOnlyList<string> References, IReadOnlyList<string> Packages)
{
    /// <summary>Reads every project file of the repository.</summary>
    public static IReadOnlyList<Project> All { get; } =
        [.. RepositoryFiles.Named("*.csproj").Select(static path => Parse(path, File.ReadAllText(Path.Combine(RepositoryRoot.Path, path))))];

    /// <summary>Reads one project file.</summary>
    /// <param name="path">Its path in the repository, with <c>/</c>.</param>
    /// <param name="xml">Its content.</param>
    public static Project Parse(string path, string xml)
    {
        XDocument document = XDocument.Parse(xml);
        string directory = Path.GetDirectoryName(path)!.Replace('\\', '/');
        return new Project(
            directory,
            [.. Includes(document, "ProjectReference").Select(reference => Resolve(directory, reference))],
            [.. Includes(document, "PackageReference")]);
    }

    private static IEnumerable<string> Includes(XDocument document, string element) =>
        document.Descendants().Where(node => node.Name.LocalName == element).Select(static node => node.Attribute("Include")!.Value);

    private static string Resolve(string directory, string reference)
    {
        string full = Path.GetFullPath(Path.Combine(RepositoryRoot.Path, directory, Path.GetDirectoryName(reference.Replace('\\', '/'))!));
        return Path.GetRelativePath(RepositoryRoot.Path, full).Replace('\\', '/');
    }
}
