using OutlierQuant.Calibration;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Interventions;

/// <summary>Changes the massive values of one block's output, or as many others as a control.</summary>
/// <remarks>Which entries count as massive is what <see cref="CoordinateMatcher"/> says. Applied to one window at a time, on one thread.</remarks>
internal sealed class BlockIntervention : IBlockOutputTransform
{
    private readonly int _block;
    private readonly Intervention _intervention;
    private readonly IReadOnlyList<InterventionCoordinate> _coordinates;
    private readonly HashSet<int> _channels;
    private readonly int[] _randomChannels;
    private readonly CoordinateMatcher _matcher;

    public BlockIntervention(
        int block, Intervention intervention, IReadOnlyList<InterventionCoordinate> coordinates, TokenClassifier classifier, int seed, int hiddenSize)
    {
        _block = block;
        _intervention = intervention;
        _coordinates = coordinates;
        _channels = [.. coordinates.Select(coordinate => coordinate.Channel)];
        _matcher = new CoordinateMatcher(coordinates, classifier);
        int[] others = [.. Enumerable.Range(0, hiddenSize).Where(channel => !_channels.Contains(channel))];
        new Random(seed).Shuffle(others);
        _randomChannels = others[..coordinates.Count];
    }

    /// <summary>Gets the number of values changed so far.</summary>
    public long EntriesChanged { get; private set; }

    /// <inheritdoc/>
    public void Apply(int block, SequenceChunk chunk, Span<float> hidden, int hiddenSize)
    {
        if (block != _block)
        {
            return;
        }

        foreach (var (row, massive) in _matcher.Match(chunk, hidden, hiddenSize))
        {
            Change(hidden.Slice(row * hiddenSize, hiddenSize), massive);
            EntriesChanged += massive.Length;
        }
    }

    private void Change(Span<float> token, int[] massive)
    {
        int[] byMagnitude = _intervention is Intervention.Clip or Intervention.ZeroMedian ? OtherChannelsByMagnitude(token) : [];
        var neighbour = byMagnitude.Length == 0 ? 0 : Math.Abs(token[byMagnitude[byMagnitude.Length / 2]]);
        for (var i = 0; i < massive.Length; i++)
        {
            var (channel, _, mean) = _coordinates[massive[i]];
            switch (_intervention)
            {
                case Intervention.Zero:
                    token[channel] = 0;
                    break;
                case Intervention.Mean:
                    token[channel] = (float)mean;
                    break;
                case Intervention.Clip:
                    token[channel] = MathF.CopySign(neighbour, token[channel]);
                    break;
                case Intervention.ZeroRandom:
                    token[_randomChannels[massive[i]]] = 0;
                    break;
                case Intervention.ZeroMedian:
                    token[byMagnitude[((byMagnitude.Length - massive.Length) / 2) + i]] = 0;
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }
    }

    /// <summary>Lists the channels that no coordinate names, by rising magnitude at a token, the lower index first among equals.</summary>
    private int[] OtherChannelsByMagnitude(ReadOnlySpan<float> token)
    {
        var channels = Enumerable.Range(0, token.Length).Where(channel => !_channels.Contains(channel)).ToArray();
        var magnitudes = new float[channels.Length];
        for (var i = 0; i < channels.Length; i++)
        {
            magnitudes[i] = Math.Abs(token[channels[i]]);
        }

        var order = Enumerable.Range(0, channels.Length).ToArray();
        Array.Sort(order, (left, right) => magnitudes[left] != magnitudes[right] ? magnitudes[left].CompareTo(magnitudes[right]) : left.CompareTo(right));
        return Array.ConvertAll(order, index => channels[index]);
    }
}
