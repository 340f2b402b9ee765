namespace OutlierQuant.Models.Generation;

/// <summary>Random numbers that are the same for the same seed on every machine and in every version.</summary>
/// <remarks>SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, figure 14, with the mix of variant 13.</remarks>
internal sealed class RandomSource(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Gives the next 64 bits.</summary>
    public ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong bits = _state;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }

    /// <summary>Gives a number in [0, 1): the upper 53 bits of the next 64, as a fraction.</summary>
    public double NextUnit() => (NextBits() >> 11) * (1.0 / (1UL << 53));
}
