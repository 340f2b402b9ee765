using OutlierQuant.Calibration;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Interventions;

/// <summary>Changes the massive values of one block's output, or as many others as a control.</summary>
/// <remarks>An entry counts as massive when its channel and its token's class are a coordinate's and its magnitude is at least half of the coordinate's mean magnitude:
/// massive activations hardly vary, and other tokens of the class stay untouched. Applied to one window at a time, on one thread.</remarks>
internal sealed class BlockIntervention : IBlockOutputTransform
{
    /// <summary>The share of its coordinate's mean magnitude from which an entry counts as massive.</summary>
    public const double LeastShareOfMean = 0.5;

    private readonly int _block;
    private readonly Intervention _intervention;
    private readonly IReadOnlyList<InterventionCoordinate> _coordinates;
    private readonly HashSet<int> _channels;
    private readonly int[] _randomChannels;
    private readonly TokenClassifier _classifier;

    public BlockIntervention(
        int block, Intervention intervention, IReadOnlyList<InterventionCoordinate> coordinates, TokenClassifier classifier, int seed, int hiddenSize)
    {
        _block = block;
        _intervention = intervention;
        _coordinates = coordinates;
        _channels = [.. coordinates.Select(coordinate => coordinate.Channel)];
        _classifier = classifier;
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

        var classes = _classifier.Classify(chunk);
        var massive = new List<int>(_coordinates.Count);
        for (var row = 0; row < classes.Length; row++)
        {
            var token = hidden.Slice(row * hiddenSize, hiddenSize);
            massive.Clear();
            for (var index = 0; index < _coordinates.Count; index++)
            {
                var (channel, tokenClass, mean) = _coordinates[index];
                if (tokenClass == classes[row] && Math.Abs(token[channel]) >= LeastShareOfMean * Math.Abs(mean))
                {
                    massive.Add(index);
                }
            }

            if (massive.Count > 0)
            {
                Change(token, massive);
                EntriesChanged += massive.Count;
            }
        }
    }

    private void Change(Span<float> token, List<int> massive)
    {
        int[] byMagnitude = _intervention is Intervention.Clip or Intervention.ZeroMedian ? OtherChannelsByMagnitude(token) : [];
        var neighbour = byMagnitude.Length == 0 ? 0 : Math.Abs(token[byMagnitude[byMagnitude.Length / 2]]);
        for (var i = 0; i < massive.Count; i++)
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
                    token[byMagnitude[((byMagnitude.Length - massive.Count) / 2) + i]] = 0;
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
