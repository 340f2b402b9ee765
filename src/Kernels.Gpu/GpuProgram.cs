namespace OutlierQuant.Kernels.Gpu;

/// <summary>A source with its settings: what one compilation makes of it.</summary>
/// <param name="File">Name of the source, an embedded file.</param>
/// <param name="Settings">Lines of <c>#define</c>s before it, such as <c>#define FORMAT 4</c>.</param>
internal sealed record GpuProgram(string File, string Settings)
{
    /// <summary>Gets the file and its settings in words: for example <c>code_product.cl (FORMAT 4)</c>.</summary>
    public string Name => Settings.Length == 0 ? File : $"{File} ({Settings.Replace("#define ", "", StringComparison.Ordinal).Trim().ReplaceLineEndings(", ")})";
}
