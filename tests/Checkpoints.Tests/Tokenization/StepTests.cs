using OutlierQuant.Checkpoints.Tokenization.Normalization;
using OutlierQuant.Checkpoints.Tokenization.Reading;
using OutlierQuant.Checkpoints.Tokenization.Splitting;
using OutlierQuant.Testing;
using Xunit;

namespace OutlierQuant.Checkpoints.Tests.Tokenization;

/// <summary>Holds single normalizers and pre-tokenizers to the tokenizers library.</summary>
public class StepTests
{
    [Fact]
    public void Normalize_EveryNormalizer_EqualsTheLibrary()
    {
        foreach (ReferenceData.Step step in ReferenceData.Steps("normalizer"))
        {
            IReadOnlyList<INormalizer> normalizers = NormalizerReader.Read(Place(step.Json));
            for (int index = 0; index < step.Inputs.Length; index++)
            {
                string actual = normalizers.Aggregate(step.Inputs[index], static (text, normalizer) => normalizer.Normalize(text));
                Assert.True(step.Outputs[index][0] == actual, $"{step.Json} on {Escape(step.Inputs[index])}: {Escape(actual)}, but the library gives {Escape(step.Outputs[index][0])}");
            }
        }
    }

    [Fact]
    public void Split_EveryPreTokenizer_EqualsTheLibrary()
    {
        foreach (ReferenceData.Step step in ReferenceData.Steps("preTokenizer"))
        {
            PreTokenizer preTokenizer = PreTokenizerReader.Read(Place(step.Json));
            for (int index = 0; index < step.Inputs.Length; index++)
            {
                List<TextPiece> pieces = step.Inputs[index].Length == 0 ? [] : [TextPiece.Whole(step.Inputs[index], opensText: true)];
                foreach (ISplitter splitter in preTokenizer.Splitters)
                {
                    List<TextPiece> parts = [];
                    pieces.ForEach(piece => splitter.Split(piece, parts));
                    pieces = parts;
                }

                string[] actual = [.. pieces.Select(static piece => piece.Span.ToString())];
                Assert.True(step.Outputs[index].SequenceEqual(actual), $"{step.Json} on {Escape(step.Inputs[index])}: [{Escape(string.Join('|', actual))}], but the library gives [{Escape(string.Join('|', step.Outputs[index]))}]");
            }
        }
    }

    private static JsonPlace Place(string json)
    {
        using TemporaryDirectory directory = new();
        return JsonFile.Open(directory.Write("step.json", json), longestFile: 1 << 20);
    }

    private static string Escape(string text) =>
        string.Concat(text.Select(static character => character is >= ' ' and <= '~' ? character.ToString() : $"\\u{(int)character:X4}"));
}
