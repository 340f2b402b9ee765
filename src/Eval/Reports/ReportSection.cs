namespace OutlierQuant.Eval.Reports;

/// <summary>A section of a report, and its place in the contents.</summary>
/// <param name="Id">Its id in the page.</param>
/// <param name="Name">What the contents call it.</param>
/// <param name="Draw">Writes it.</param>
internal sealed record ReportSection(string Id, string Name, Action<Markup> Draw)
{
    /// <summary>Makes the section of a part; null where there is none.</summary>
    public static ReportSection? Of<T>(string id, string name, T? part, Action<Markup, T> draw)
        where T : class => part is null ? null : new(id, name, page => draw(page, part));
}
