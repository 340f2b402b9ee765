using System.Diagnostics.CodeAnalysis;

namespace OutlierQuant.Models.Linears;

/// <summary>How the input of a <see cref="QuantizedLinear"/> is rounded.</summary>
/// <remarks>
/// <c>code = clamp(round(x / scale), -qMax, qMax)</c>. A scale found at run time is the absmax over the channels that are neither preserved nor
/// excluded, divided by qMax; 1 if that is 0. A token with a NaN or an infinity gives NaN outputs, never a plausible number.
/// </remarks>
/// <param name="Granularity">Which activations share one scale.</param>
/// <param name="Bits">16 for float, 8 or 4 for codes of magnitude up to 127 or 7.</param>
/// <param name="StaticScale">Step between neighbouring codes for <see cref="ActivationGranularity.TensorStatic"/>; NaN otherwise.</param>
/// <param name="ScaleExcludedChannels">
/// Input channels that are rounded like the rest but do not count for a scale found at run time, so that they saturate: sorted and distinct.
/// </param>
public sealed record ActivationQuantization(ActivationGranularity Granularity, int Bits, float StaticScale, int[] ScaleExcludedChannels)
{
    /// <summary>Gets activations that stay in float.</summary>
    [SuppressMessage("Naming", "CA1720", Justification = "'float' is what the glossary, the options and the files call it.")]
    public static ActivationQuantization Float { get; } = new(ActivationGranularity.Float, 16, float.NaN, []);

    /// <summary>Gets the largest code magnitude: 127 for 8 bits, 7 for 4 bits.</summary>
    public int QMax => (1 << (Bits - 1)) - 1;

    /// <summary>Whether another rule gives the same codes of the same input. (Records compare arrays by reference.)</summary>
    internal bool HasSameCodes(ActivationQuantization other) =>
        Granularity == other.Granularity
        && Bits == other.Bits
        && StaticScale.Equals(other.StaticScale)
        && ScaleExcludedChannels.AsSpan().SequenceEqual(other.ScaleExcludedChannels);

    /// <summary>Lists the channels that do not count for a scale found at run time: the preserved ones and the excluded ones.</summary>
    internal int[] UncountedChannels(int[] preservedChannels) =>
        ScaleExcludedChannels.Length == 0 ? preservedChannels : [.. preservedChannels.Union(ScaleExcludedChannels).Order()];

    /// <summary>Throws unless the parts agree with each other.</summary>
    /// <param name="columns">Number of input channels.</param>
    /// <exception cref="ArgumentException">They do not; the message says which and what is required.</exception>
    public void Validate(int columns)
    {
        bool isFloat = Granularity == ActivationGranularity.Float;
        if (isFloat ? Bits != 16 : Bits is not (4 or 8))
        {
            throw new ArgumentException($"Activations of granularity {Granularity} have {Bits} bits; float has 16, codes have 4 or 8.");
        }

        if (Granularity == ActivationGranularity.TensorStatic && !(float.IsFinite(StaticScale) && StaticScale > 0))
        {
            throw new ArgumentException($"The static activation scale is {StaticScale}; it must be finite and above 0.");
        }

        ChannelList.Validate(ScaleExcludedChannels, columns, "scale-excluded");
    }
}
