using OutlierQuant.Checkpoints.Tokenization.Decoding;
using OutlierQuant.Checkpoints.Tokenization.Model;

namespace OutlierQuant.Checkpoints.Tokenization;

/// <summary>What a tokenizer is made of, as read from its files.</summary>
/// <param name="Vocabulary">All pieces, added tokens included.</param>
/// <param name="SpecialIds">Ids that decoding leaves out on request.</param>
/// <param name="DecodedForms">Texts that decoding takes in place of a token's piece.</param>
/// <param name="Encoder">From text to ids.</param>
/// <param name="Decoder">From pieces to text.</param>
/// <param name="Special">The tokens around a text.</param>
internal sealed record TokenizerParts(
    Vocabulary Vocabulary, IReadOnlySet<int> SpecialIds, IReadOnlyDictionary<int, string> DecodedForms, TextEncoder Encoder,
    DecoderChain Decoder, SpecialTokens Special);
