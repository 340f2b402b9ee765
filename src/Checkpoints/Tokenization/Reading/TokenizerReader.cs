using OutlierQuant.Checkpoints.Tokenization.Decoding;
using OutlierQuant.Checkpoints.Tokenization.Model;
using OutlierQuant.Checkpoints.Tokenization.Normalization;
using OutlierQuant.Checkpoints.Tokenization.Splitting;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>Reads <c>tokenizer.json</c> and <c>tokenizer_config.json</c>.</summary>
internal static class TokenizerReader
{
    /// <summary>Largest file that is read, in bytes; the largest in use have about 35 million.</summary>
    private const long LongestFile = 100_000_000;

    /// <summary>Reads the tokenizer of a checkpoint directory.</summary>
    public static TokenizerParts Read(string directory)
    {
        string path = Path.Combine(directory, "tokenizer.json");
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"{directory} has no tokenizer.json; a checkpoint's tokenizer is read from that file.", path);
        }

        JsonPlace root = JsonFile.Open(path, LongestFile);
        string configPath = Path.Combine(directory, "tokenizer_config.json");
        if (root.Find("version") is { } version && version.Text() != "1.0")
        {
            throw version.Wrong($"is {Quotation.Of(version.Text())}; only version \"1.0\" is supported");
        }

        JsonPlace? config = File.Exists(configPath) ? JsonFile.Open(configPath, LongestFile) : null;

        JsonPlace model = root.Require("model");
        Vocabulary vocabulary = ModelReader.ReadVocabulary(model);
        AddedTokens tokens = AddedTokenReader.Read(root.Find("added_tokens"), vocabulary);
        IReadOnlyList<INormalizer> normalizers = NormalizerReader.Read(root.Find("normalizer"));
        PreTokenizer preTokenizer = PreTokenizerReader.Read(root.Find("pre_tokenizer"));
        TextEncoder encoder = new(
            tokens.RawFinder(), normalizers, tokens.NormalizedFinder(normalizers, root), preTokenizer.Splitters,
            ModelReader.Read(path, model, vocabulary, preTokenizer.IsByteLevel));
        DecoderChain decoder = DecoderReader.Read(root.Find("decoder"));
        SpecialTokens special = SpecialTokenReader.Read(config, PostProcessorReader.Read(root.Find("post_processor"), vocabulary), tokens);
        return new TokenizerParts(vocabulary, tokens.SpecialIds, tokens.DecodedForms(normalizers), encoder, decoder, special);
    }
}
