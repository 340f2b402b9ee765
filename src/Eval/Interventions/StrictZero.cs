using OutlierQuant.Calibration;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Interventions;

/// <summary>Zeroes the massive values at the output of a block, with or without the companions of the same tokens, once or at every later block too.</summary>
/// <remarks>Tokens and companions are those of the first block's output. See <see cref="LoadBearingResult"/> for what a companion is.</remarks>
internal sealed class StrictZero(int block, IReadOnlyList<InterventionCoordinate> strict, bool withCompanions, bool held, TokenClassifier classifier) : IBlockOutputTransform
{
    private const double Deviations = 3;

    private readonly CoordinateMatcher _matcher = new(strict, classifier);
    private readonly Dictionary<ReadOnlyMemory<int>, List<(int Row, int Channel)>> _entries = [];
    private readonly Dictionary<(int Channel, TokenClass TokenClass), (int Tokens, double Sum)> _companions = [];

    /// <summary>Gets the number of values set to 0 so far.</summary>
    public long EntriesChanged { get; private set; }

    /// <summary>Gets the companions found so far, whether or not they are zeroed: the most frequent first, of equally frequent ones the larger.</summary>
    public IReadOnlyList<CompanionChannel> Companions =>
    [
        .. _companions
            .Select(found => new CompanionChannel(found.Key.Channel, found.Key.TokenClass, found.Value.Tokens, found.Value.Sum / found.Value.Tokens))
            .OrderByDescending(companion => companion.Tokens).ThenByDescending(companion => Math.Abs(companion.Mean)).ThenBy(companion => companion.Channel),
    ];

    /// <inheritdoc/>
    public void Apply(int current, SequenceChunk chunk, Span<float> hidden, int hiddenSize)
    {
        if (current == block)
        {
            _entries[chunk.TokenIds] = Choose(chunk, hidden, hiddenSize);
        }
        else if (current < block || !held)
        {
            return;
        }

        foreach (var (row, channel) in _entries[chunk.TokenIds])
        {
            hidden[(row * hiddenSize) + channel] = 0;
            EntriesChanged++;
        }
    }

    private List<(int Row, int Channel)> Choose(SequenceChunk chunk, ReadOnlySpan<float> hidden, int hiddenSize)
    {
        var classes = classifier.Classify(chunk);
        var chosen = new List<(int Row, int Channel)>();
        foreach (var (row, found) in _matcher.Match(chunk, hidden, hiddenSize))
        {
            chosen.AddRange(found.Select(index => (row, strict[index].Channel)));
            var token = hidden.Slice(row * hiddenSize, hiddenSize);
            foreach (var channel in FarChannels(token))
            {
                if (found.Any(index => strict[index].Channel == channel))
                {
                    continue;
                }

                var (tokens, sum) = _companions.GetValueOrDefault((channel, classes[row]));
                _companions[(channel, classes[row])] = (tokens + 1, sum + token[channel]);
                if (withCompanions)
                {
                    chosen.Add((row, channel));
                }
            }
        }

        return chosen;
    }

    /// <summary>Lists the channels of a token beyond three standard deviations of its channels.</summary>
    internal static List<int> FarChannels(ReadOnlySpan<float> token)
    {
        double sum = 0;
        foreach (var value in token)
        {
            sum += value;
        }

        var mean = sum / token.Length;
        double squares = 0;
        foreach (var value in token)
        {
            squares += (value - mean) * (value - mean);
        }

        var reach = Deviations * Math.Sqrt(squares / token.Length);
        var far = new List<int>();
        for (var channel = 0; channel < token.Length; channel++)
        {
            if (Math.Abs(token[channel] - mean) > reach)
            {
                far.Add(channel);
            }
        }

        return far;
    }
}
