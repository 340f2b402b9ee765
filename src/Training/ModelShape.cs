using OutlierQuant.Checkpoints.Configuration;

namespace OutlierQuant.Training;

/// <summary>What a trained model looks like. The output head is the embedding.</summary>
public sealed record ModelShape
{
    /// <summary>The longest context: training holds the probabilities of every head and window, which grow with its square.</summary>
    public const int LongestContext = 1024;

    /// <summary>The base of the rotary frequencies.</summary>
    public const double RopeTheta = 10_000;

    /// <summary>What the norms add to the variance.</summary>
    public const double NormEpsilon = 1e-5;

    private const int LargestWidth = 1 << 14;

    /// <summary>Gets the published architecture.</summary>
    public ModelFamily Family { get; init; }

    /// <summary>Gets the parts that differ from it.</summary>
    public ModelVariant Variant { get; init; } = ModelVariant.Plain;

    /// <summary>Gets the width of the residual stream.</summary>
    public int HiddenSize { get; init; } = 256;

    /// <summary>Gets the number of blocks.</summary>
    public int BlockCount { get; init; } = 6;

    /// <summary>Gets the number of query heads.</summary>
    public int HeadCount { get; init; } = 4;

    /// <summary>Gets the number of key and value heads.</summary>
    public int KeyValueHeadCount { get; init; } = 2;

    /// <summary>Gets the width inside the MLP.</summary>
    public int IntermediateSize { get; init; } = 704;

    /// <summary>Gets the tokens in a window, BOS included; also the number of positions.</summary>
    public int Context { get; init; } = 256;

    /// <summary>Gets the number of token ids.</summary>
    public int VocabularySize { get; init; } = 4096;

    /// <summary>Gets the width of a head.</summary>
    internal int HeadSize => HiddenSize / HeadCount;

    internal int QuerySize => HiddenSize;

    internal int KeyValueSize => KeyValueHeadCount * HeadSize;

    /// <summary>Gets the query heads that share a key and value head.</summary>
    internal int Group => HeadCount / KeyValueHeadCount;

    /// <summary>Gets the rows of the stream in front of a window's tokens: 1 for a learned sink token.</summary>
    internal int SinkRows => Variant.Attention == AttentionVariant.SinkToken ? 1 : 0;

    /// <summary>Gets the constant keys in front of a window's: 1 for explicit biases.</summary>
    internal int ConstantKeys => Variant.Attention == AttentionVariant.Bias ? 1 : 0;

    /// <summary>Gets the rows of the stream of one window.</summary>
    internal int RowsPerWindow => SinkRows + Context;

    /// <summary>Throws unless the sizes fit together.</summary>
    /// <exception cref="ArgumentException">They do not; the message gives the numbers.</exception>
    public void Validate()
    {
        Require(HiddenSize, "hidden size", 1, LargestWidth);
        Require(BlockCount, "number of blocks", 1, 256);
        Require(HeadCount, "number of heads", 1, HiddenSize);
        Require(KeyValueHeadCount, "number of key and value heads", 1, HeadCount);
        Require(IntermediateSize, "width of the MLP", 1, 4 * LargestWidth);
        Require(Context, "context", 2, LongestContext);
        Require(VocabularySize, "vocabulary", 2, 1 << 18);
        if (HiddenSize % HeadCount != 0 || (Family == ModelFamily.Llama && HeadSize % 2 != 0))
        {
            throw new ArgumentException($"The hidden size is {HiddenSize} and there are {HeadCount} heads; it must be a multiple of them, and for rotary positions an even one.");
        }

        if (HeadCount % KeyValueHeadCount != 0)
        {
            throw new ArgumentException($"There are {HeadCount} heads and {KeyValueHeadCount} key and value heads; these must divide those.");
        }

        if (Family == ModelFamily.Gpt2 && KeyValueHeadCount != HeadCount)
        {
            throw new ArgumentException($"There are {HeadCount} heads and {KeyValueHeadCount} key and value heads; GPT-2 needs as many.");
        }
    }

    private static void Require(int value, string what, int smallest, int largest)
    {
        if (value < smallest || value > largest)
        {
            throw new ArgumentException($"The {what} is {value}; it must be from {smallest} to {largest}.");
        }
    }
}
