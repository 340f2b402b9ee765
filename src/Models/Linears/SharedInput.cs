namespace OutlierQuant.Models.Linears;

/// <summary>The input of one or several linears, with its codes for those that need them.</summary>
/// <param name="values">Values of the tokens. Shape [tokens, columns].</param>
/// <param name="tokens">Number of tokens.</param>
/// <param name="context">Kernels and threads.</param>
internal sealed class SharedInput(ReadOnlyMemory<float> values, int tokens, ComputeContext context) : IDisposable
{
    private readonly List<(int[] PreservedChannels, ActivationQuantization Rule, QuantizedActivations Codes)> _quantized = [];

    /// <summary>Gets the values. Shape [tokens, columns].</summary>
    public ReadOnlyMemory<float> Values => values;

    /// <summary>Gets the number of tokens.</summary>
    public int Tokens => tokens;

    /// <summary>Gets the kernels and threads.</summary>
    public ComputeContext Context => context;

    /// <summary>Gives the codes under a rule, which lives as long as this input; linears with the same rule and preserved channels get the same.</summary>
    public QuantizedActivations Quantize(int columns, int[] preservedChannels, ActivationQuantization rule)
    {
        foreach ((int[] otherChannels, ActivationQuantization otherRule, QuantizedActivations codes) in _quantized)
        {
            if (preservedChannels.AsSpan().SequenceEqual(otherChannels) && rule.HasSameCodes(otherRule))
            {
                return codes;
            }
        }

        using PartClock clock = context.Measure(ForwardPart.ActivationQuantization);
        QuantizedActivations made = QuantizedActivations.Create(values, tokens, columns, preservedChannels, rule, context);
        _quantized.Add((preservedChannels, rule, made));
        return made;
    }

    /// <summary>Gives the memory of the codes back.</summary>
    public void Dispose()
    {
        foreach ((_, _, QuantizedActivations codes) in _quantized)
        {
            codes.Dispose();
        }
    }
}
