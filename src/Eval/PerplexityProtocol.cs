using System.Text.Json.Serialization;

namespace OutlierQuant.Eval;

/// <summary>How a text is cut into windows and which tokens are scored. Perplexities of different protocols are not comparable.</summary>
public enum PerplexityProtocol
{
    /// <summary>Non-overlapping windows of N tokens, each BOS and N − 1 tokens of the text (or N tokens without BOS). Every token after the first is scored; a last, shorter window is dropped.</summary>
    [JsonStringEnumMemberName("windows")]
    Windows,

    /// <summary>Overlapping windows as in Hugging Face's guide to the perplexity of fixed-length models: each begins <c>stride</c> tokens after the one before, only tokens not seen by it are scored, and the trailing window is included. BOS, if any, stands once at the start of the text.</summary>
    [JsonStringEnumMemberName("strided")]
    Strided,

    /// <summary>As llama.cpp's perplexity tool: non-overlapping windows of N tokens whose first token is replaced by BOS, of which only tokens N/2 + 1 to N − 1 are scored.</summary>
    [JsonStringEnumMemberName("llama.cpp")]
    LlamaCpp,
}
