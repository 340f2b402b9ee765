using System.Text;

namespace OutlierQuant.Cli;

/// <summary>Reads a text whole, refusing what is not text.</summary>
internal static class TextFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a UTF-8 file.</summary>
    /// <exception cref="IOException">The file is missing, empty, or not UTF-8.</exception>
    public static string Read(string path)
    {
        if (Directory.Exists(path))
        {
            throw new IOException($"{path}: is a directory; a text file (UTF-8) is needed.");
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"{path}: there is no such file; a text file (UTF-8) is needed.");
        }

        byte[] bytes = File.ReadAllBytes(path);
        try
        {
            string text = Strict.GetString(bytes);
            return text.Length > 0 ? text : throw new InvalidDataException($"{path}: is empty; at least one window of text is needed.");
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException($"{path}: byte {exception.Index}: is not UTF-8; convert the file to UTF-8 first.", exception);
        }
    }

    /// <summary>Names several files: without their directories, unless two of one name need what tells them apart.</summary>
    public static string[] NamesOf(params string[] paths)
    {
        string[] names = [.. paths.Select(path => Path.GetFileName(path))];
        return names.Distinct().Count() < names.Length ? paths : names;
    }

    /// <summary>Splits a text after its first quarter, at the end of a line where there is one nearby.</summary>
    public static (string Head, string Tail) SplitQuarter(string text)
    {
        int cut = text.Length / 4;
        int line = text.IndexOf('\n', cut);
        cut = line >= 0 && line < text.Length / 2 ? line + 1 : cut;
        if (cut > 0 && cut < text.Length && char.IsLowSurrogate(text[cut]))
        {
            cut++;
        }

        // A text that is too short to split is too short to calibrate on; whole, it gets the message that says how short.
        return cut == 0 ? (text, text) : (text[..cut], text[cut..]);
    }
}
