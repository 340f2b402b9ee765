using System.Text;

namespace OutlierQuant.Checkpoints.Tokenization.Normalization;

/// <summary>The normalization forms NFC, NFD, NFKC and NFKD of Unicode Standard Annex 15.</summary>
/// <param name="compose">Whether marks are joined with their base again (NFC, NFKC).</param>
/// <param name="compatible">Whether compatibility characters are replaced as well (NFKC, NFKD).</param>
internal sealed class UnicodeNormalizer(bool compose, bool compatible) : INormalizer
{
    private static readonly Lazy<bool[]> NfcChanges = new(static () => UnicodeNormalizationTable.Instance.CharactersThatNfcMayChange());

    /// <inheritdoc/>
    public string Normalize(string text)
    {
        if (IsNormalized(text))
        {
            return text;
        }

        UnicodeNormalizationTable table = UnicodeNormalizationTable.Instance;
        StringBuilder result = new(text.Length);
        List<int> cluster = [];
        List<int> parts = [];
        foreach (Rune rune in text.EnumerateRunes())
        {
            parts.Clear();
            table.Decompose(rune.Value, compatible, parts);
            foreach (int part in parts)
            {
                // A base that cannot join what is before it starts anew, so that a cluster stays short.
                if (cluster.Count > 0 && table.ClassRank(part) == 0 && !(compose && MayJoin(table, cluster, part)))
                {
                    Flush(table, cluster, result);
                }

                cluster.Add(part);
            }
        }

        Flush(table, cluster, result);
        return result.ToString();
    }

    private bool IsNormalized(string text)
    {
        if (!compose || compatible)
        {
            return Ascii.IsValid(text);
        }

        bool[] changes = NfcChanges.Value;
        foreach (char character in text)
        {
            if (changes[character])
            {
                return false;
            }
        }

        return true;
    }

    private static bool MayJoin(UnicodeNormalizationTable table, List<int> cluster, int part)
    {
        // Two bases join only side by side: a Hangul vowel or tail, or one of the few vowel signs that are bases.
        Compose(table, cluster);
        return cluster.Count == 1 && table.TryCompose(cluster[0], part, out _);
    }

    private void Flush(UnicodeNormalizationTable table, List<int> cluster, StringBuilder result)
    {
        if (compose)
        {
            Compose(table, cluster);
        }
        else
        {
            Reorder(table, cluster);
        }

        Span<char> characters = stackalloc char[2];
        foreach (int codePoint in cluster)
        {
            result.Append(characters[..new Rune(codePoint).EncodeToUtf16(characters)]);
        }

        cluster.Clear();
    }

    /// <summary>Puts the marks of a cluster in the order of their classes, keeping those of one class as they stand.</summary>
    private static void Reorder(UnicodeNormalizationTable table, List<int> cluster)
    {
        int marks = cluster.Count > 0 && table.ClassRank(cluster[0]) == 0 ? 1 : 0;
        if (cluster.Count - marks > 1)
        {
            int[] ordered = [.. cluster.Skip(marks).OrderBy(table.ClassRank)]; // a stable sort
            cluster.RemoveRange(marks, cluster.Count - marks);
            cluster.AddRange(ordered);
        }
    }

    /// <summary>Joins marks with the base that the cluster starts with, wherever no mark of the same class is between.</summary>
    private static void Compose(UnicodeNormalizationTable table, List<int> cluster)
    {
        Reorder(table, cluster);
        if (cluster.Count < 2 || table.ClassRank(cluster[0]) != 0)
        {
            return;
        }

        int kept = 1;
        int lastRank = 0;
        for (int index = 1; index < cluster.Count; index++)
        {
            int rank = table.ClassRank(cluster[index]);
            bool blocked = kept > 1 && lastRank >= rank;
            if (!blocked && table.TryCompose(cluster[0], cluster[index], out int composed))
            {
                cluster[0] = composed;
            }
            else
            {
                lastRank = rank;
                cluster[kept++] = cluster[index];
            }
        }

        cluster.RemoveRange(kept, cluster.Count - kept);
    }
}
