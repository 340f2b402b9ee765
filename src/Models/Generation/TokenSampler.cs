using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Models.Generation;

/// <summary>Chooses a token from logits, without sorting the vocabulary.</summary>
/// <remarks>
/// Probabilities are unnormalized: the largest is 1. Their total is over all tokens; sorted are only the candidates, whose probability is at least <c>exp(−Range)</c>. Where these do not reach
/// what is needed, the share of top-p or the random number, all tokens are sorted.
/// </remarks>
internal sealed class TokenSampler
{
    // exp(−10) is 1/22,026. With more, flat probabilities would have more candidates than a device has room for; with less, candidates would reach the share of top-p less often.
    private const double Range = 10;

    private static readonly double _leastProbability = Math.Exp(-Range);

    private readonly SamplingOptions _options;
    private readonly RandomSource _random;
    private readonly List<Candidate> _candidates = [];

    public TokenSampler(SamplingOptions options)
    {
        options.Validate();
        _options = options;
        _random = new RandomSource(options.Seed);
    }

    private bool IsGreedy => _options.Temperature == 0;

    /// <summary>Chooses the next token. Of equal logits the smaller id comes first. Shape [vocabulary].</summary>
    /// <exception cref="InvalidOperationException">A logit is NaN or positive infinity.</exception>
    public int Choose(ReadOnlySpan<float> logits)
    {
        float largest = TensorPrimitives.Max(logits);
        ThrowUnlessFinite(largest);
        return IsGreedy ? logits.IndexOf(largest) : Sample(logits, largest, _random.NextUnit());
    }

    /// <summary>Chooses the next token where the logits are on a device: only what is found there comes back, and all logits where that does not suffice.</summary>
    /// <remarks>The device adds up the total, in binary32: where top-p or the random number is within 10⁻⁵ of the edge between two tokens, the choice may be another than on the host.</remarks>
    /// <param name="device">The device.</param>
    /// <param name="logits">Shape [vocabulary].</param>
    /// <param name="room">Room for logits; what it holds afterwards is undefined. Shape [vocabulary].</param>
    /// <exception cref="InvalidOperationException">A logit is NaN or positive infinity.</exception>
    public int Choose(IDevice device, DeviceBuffer logits, Span<float> room)
    {
        (float largest, int greedy) = device.Parts.FindLargest(logits, room.Length);
        ThrowUnlessFinite(largest);
        if (IsGreedy)
        {
            return greedy;
        }

        double unit = _random.NextUnit();
        float temperature = (float)_options.Temperature, least = (float)(largest - (Range * _options.Temperature));
        if (float.IsNormal(temperature) && device.Parts.FindCandidates(logits, room.Length, largest, temperature, least) is DeviceCandidates found)
        {
            _candidates.Clear();
            _candidates.AddRange(found.Values.Select(candidate => new Candidate(Probability(candidate.Value, largest), candidate.Index)));
            if (ChooseCandidate(found.Total, unit, areAll: false) is int id)
            {
                return id;
            }
        }

        device.Download(logits, 0, MemoryMarshal.AsBytes(room));
        return Sample(room, largest, unit);
    }

    private static void ThrowUnlessFinite(float largest)
    {
        if (!float.IsFinite(largest))
        {
            throw new InvalidOperationException($"The largest logit is {largest}; the next token needs finite logits.");
        }
    }

    /// <summary>Chooses by a random number in [0, 1).</summary>
    private int Sample(ReadOnlySpan<float> logits, float largest, double unit)
    {
        double total = Collect(logits, largest, _leastProbability);
        if (ChooseCandidate(total, unit, areAll: _candidates.Count == logits.Length) is int id)
        {
            return id;
        }

        Collect(logits, largest, leastProbability: 0);
        return ChooseCandidate(total, unit, areAll: true)!.Value;
    }

    /// <summary>Collects candidates, and adds up the probabilities of all tokens in the order of their ids.</summary>
    private double Collect(ReadOnlySpan<float> logits, float largest, double leastProbability)
    {
        _candidates.Clear();
        double total = 0;
        for (int id = 0; id < logits.Length; id++)
        {
            double probability = Probability(logits[id], largest);
            total += probability;
            if (probability >= leastProbability)
            {
                _candidates.Add(new(probability, id));
            }
        }

        return total;
    }

    /// <summary>Chooses among the candidates; null if they do not suffice, which cannot be where they are all tokens.</summary>
    private int? ChooseCandidate(double total, double unit, bool areAll)
    {
        Span<Candidate> sorted = CollectionsMarshal.AsSpan(_candidates);
        sorted.Sort();
        double needed = _options.TopP * total, kept = 0;
        for (int i = 0; i < sorted.Length && kept < needed; i++)
        {
            kept += sorted[i].Probability;
        }

        if (kept < needed && !areAll)
        {
            if (_options.TopP < 1)
            {
                return null;
            }

            // All tokens are kept, the others too.
            kept = total;
        }

        double target = unit * kept, reached = 0;
        foreach (Candidate candidate in sorted)
        {
            reached += candidate.Probability;
            if (target < reached)
            {
                return candidate.Id;
            }
        }

        return null;
    }

    private double Probability(float logit, float largest) => Math.Exp(((double)logit - largest) / _options.Temperature);

    /// <summary>Sorts by falling probability, then by id.</summary>
    private readonly record struct Candidate(double Probability, int Id) : IComparable<Candidate>
    {
        public int CompareTo(Candidate other) => Probability == other.Probability ? Id.CompareTo(other.Id) : other.Probability.CompareTo(Probability);
    }
}
