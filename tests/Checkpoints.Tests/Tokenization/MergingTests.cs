using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using OutlierQuant.Checkpoints.Tokenization.Model;
using OutlierQuant.Checkpoints.Tokenization.Reading;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

public class MergingTests
{
    [Property(MaxTest = 500)]
    public Property Join_AnySymbols_EqualsTheDefinition()
    {
        Gen<(List<(int, int)> Merges, List<int> Symbols)> samples =
            from merges in Gen.ListOf(Gen.Choose(0, 11).Two())
            from symbols in Gen.ListOf(Gen.Choose(0, 3))
            select (merges.Select(static pair => (pair.Item1, pair.Item2)).Distinct().ToList(), symbols.ToList());
        return Prop.ForAll(Arb.From(samples), static sample =>
        {
            MergeTable table = new();
            for (int rank = 0; rank < sample.Merges.Count; rank++)
            {
                table.Set(sample.Merges[rank].Item1, sample.Merges[rank].Item2, new Merge(rank, 4 + rank));
            }

            List<int> actual = [.. sample.Symbols];
            SymbolChain.Join(actual, table);
            Assert.Equal(JoinByDefinition(sample.Symbols, sample.Merges), actual);
        });
    }

    [Property(MaxTest = 200)]
    public Property Encode_CutAtWordStarts_EqualsTheUncutText() => Prop.ForAll(TextGenerator.WellFormed(), static text =>
    {
        string path = Path.Combine(ReferenceData.Directory, "llama2", "tokenizer.json");
        JsonPlace place = JsonFile.Open(path, longestFile: 1 << 20).Require("model");
        Vocabulary vocabulary = ModelReader.ReadVocabulary(place);
        MergeTable merges = new();
        int rank = 0;
        foreach (JsonElement merge in place.Require("merges").Element.EnumerateArray())
        {
            string[] pair = merge.GetString()!.Split(' ');
            merges.Set(Id(vocabulary, pair[0]), Id(vocabulary, pair[1]), new Merge(rank++, Id(vocabulary, pair[0] + pair[1])));
        }

        string marked = "▁" + text.Replace(' ', '▁');
        List<int> uncut = [];
        new CharacterSymbols(path, vocabulary, byteFallback: true, unknownId: 0, fuseUnknown: true).AppendSymbols(marked, uncut);
        SymbolChain.Join(uncut, merges);
        List<int> cut = [];
        ModelReader.Read(path, place, vocabulary, isByteLevel: false).Encode(marked, cut);
        Assert.Equal(uncut, cut);
    });

    [Fact]
    public void EndOfWord_SpaceMarks_CutsWhereNoMergeReaches()
    {
        Vocabulary vocabulary = new();
        string[] pieces = ["▁", "a", "b", "▁▁", "▁a", "ab"];
        for (int id = 0; id < pieces.Length; id++)
        {
            vocabulary.Add(pieces[id], id);
        }

        WordStarts starts = new(vocabulary, [("▁", "▁"), ("▁", "a"), ("a", "b")]);

        Assert.Equal(3, starts.EndOfWord("▁ab▁▁a"));
        Assert.Equal(3, starts.EndOfWord("▁▁a"));
        Assert.Equal(1, starts.EndOfWord("c▁a"));
        Assert.Equal(3, starts.EndOfWord("bab")); // a and b are joined to what precedes them
    }

    [Fact]
    public void TryGet_MoreWordsThanSlots_FindsOnlyTheWordsOwnIds()
    {
        WordCache cache = new();
        const int Words = 200_000;
        for (int word = 0; word < Words; word++)
        {
            cache.Keep($"word{word}", [word]);
        }

        int found = 0;
        for (int word = 0; word < Words; word++)
        {
            if (cache.TryGet($"word{word}", out ReadOnlySpan<int> ids))
            {
                Assert.Equal([word], ids.ToArray());
                found++;
            }
        }

        Assert.InRange(found, 30_000, 65_536);
    }

    [Fact]
    public void TryGet_LongWord_IsNotKept()
    {
        WordCache cache = new();
        string word = new('a', 65);

        cache.Keep(word, [1]);

        Assert.False(cache.TryGet(word, out _));
    }

    private static List<int> JoinByDefinition(List<int> symbols, List<(int Left, int Right)> merges)
    {
        List<int> result = [.. symbols];
        while (true)
        {
            int best = int.MaxValue;
            int place = -1;
            for (int position = 0; position + 1 < result.Count; position++)
            {
                int rank = merges.IndexOf((result[position], result[position + 1]));
                if (rank >= 0 && rank < best)
                {
                    (best, place) = (rank, position);
                }
            }

            if (place < 0)
            {
                return result;
            }

            result[place] = 4 + best;
            result.RemoveAt(place + 1);
        }
    }

    private static int Id(Vocabulary vocabulary, string piece) => vocabulary.TryGetId(piece, out int id) ? id : throw new KeyNotFoundException(piece);
}
