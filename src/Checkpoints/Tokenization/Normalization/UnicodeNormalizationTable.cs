using System.Globalization;

namespace OutlierQuant.Checkpoints.Tokenization.Normalization;

/// <summary>The decompositions, compositions and combining classes of Unicode.</summary>
/// <remarks>With globalization-invariant mode, which this project is built for, <see cref="string.Normalize()"/> returns its text
/// unchanged, so the facts come from the embedded table <c>UnicodeNormalization.txt</c>, whose first lines give its form.</remarks>
internal sealed class UnicodeNormalizationTable
{
    private const string Resource = "UnicodeNormalization.txt";

    private static readonly Lazy<UnicodeNormalizationTable> Loaded = new(static () => new UnicodeNormalizationTable());

    private readonly Dictionary<int, int[]> _canonical = [];
    private readonly Dictionary<int, int[]> _compatible = [];
    private readonly Dictionary<(int First, int Second), int> _composed = [];
    private readonly Dictionary<int, int> _classRanks = [];

    private UnicodeNormalizationTable()
    {
        using Stream stream = typeof(UnicodeNormalizationTable).Assembly.GetManifestResourceStream(Resource)
            ?? throw new System.Diagnostics.UnreachableException($"The assembly is built with the resource {Resource}.");
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('@'))
            {
                ReadClass(line);
            }
            else if (!line.StartsWith('#'))
            {
                ReadDecomposition(line);
            }
        }
    }

    /// <summary>Gets the table.</summary>
    public static UnicodeNormalizationTable Instance => Loaded.Value;

    /// <summary>The order in which a mark stands among others on the same base; 0 for what is not a reordered mark.</summary>
    public int ClassRank(int codePoint) => _classRanks.GetValueOrDefault(codePoint);

    /// <summary>Appends the full decomposition of a code point; itself where it has none.</summary>
    public void Decompose(int codePoint, bool compatible, List<int> parts)
    {
        if (Hangul.TryDecompose(codePoint, parts))
        {
            return;
        }

        if (compatible && _compatible.TryGetValue(codePoint, out int[]? full))
        {
            parts.AddRange(full);
        }
        else if (_canonical.TryGetValue(codePoint, out int[]? canonical))
        {
            foreach (int part in canonical)
            {
                Decompose(part, compatible, parts);
            }
        }
        else
        {
            parts.Add(codePoint);
        }
    }

    /// <summary>Finds the code point that a pair composes to.</summary>
    public bool TryCompose(int first, int second, out int composed) =>
        Hangul.TryCompose(first, second, out composed) || _composed.TryGetValue((first, second), out composed);

    /// <summary>The characters of the basic plane that may change under NFC, alone or with what stands before them.</summary>
    public bool[] CharactersThatNfcMayChange()
    {
        bool[] changes = new bool[char.MaxValue + 1];
        foreach (int codePoint in _canonical.Keys.Except(_composed.Values)
            .Concat(_classRanks.Keys)
            .Concat(_composed.Keys.Select(static pair => pair.Second))
            .Concat(Hangul.JoiningJamo)
            .Where(static codePoint => codePoint <= char.MaxValue))
        {
            changes[codePoint] = true;
        }

        changes.AsSpan(0xD800, 0x800).Fill(true); // halves of higher planes, which are looked up one by one
        return changes;
    }

    private static int Hexadecimal(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private void ReadClass(string line)
    {
        string[] fields = line.Split(' ');
        int rank = int.Parse(fields[0].AsSpan(1), CultureInfo.InvariantCulture);
        foreach (string range in fields[1..])
        {
            string[] ends = range.Split('-');
            for (int codePoint = Hexadecimal(ends[0]); codePoint <= Hexadecimal(ends[^1]); codePoint++)
            {
                _classRanks.Add(codePoint, rank);
            }
        }
    }

    private void ReadDecomposition(string line)
    {
        string[] fields = line.Split(' ');
        int codePoint = Hexadecimal(fields[0]);
        int[] parts = [.. fields[2..].Select(Hexadecimal)];
        (fields[1] == "~" ? _compatible : _canonical).Add(codePoint, parts);
        if (fields[1] == "=")
        {
            _composed.Add((parts[0], parts[1]), codePoint);
        }
    }
}
