using OutlierQuant.Testing;

namespace OutlierQuant.Models.Tests;

/// <summary>Token sequences for tests.</summary>
internal static class TestTokens
{
    /// <summary>BOS and random tokens after it.</summary>
    public static int[] Random(int count, int vocabulary = ByteTokenizer.VocabularySize, int seed = 5)
    {
        Random random = new(seed);
        int[] ids = new int[count];
        for (int i = 1; i < count; i++)
        {
            ids[i] = random.Next(2, vocabulary);
        }

        return ids;
    }
}
