using OutlierQuant.Kernels;

namespace OutlierQuant.Models.Linears;

/// <summary>The input of one or several linears, with its codes, and the forms that kernels multiply, each made once.</summary>
/// <param name="values">Values of the tokens. Shape [tokens, columns].</param>
/// <param name="tokens">Number of tokens.</param>
/// <param name="context">Kernels and threads.</param>
internal sealed class SharedInput(ReadOnlyMemory<float> values, int tokens, ComputeContext context) : IDisposable
{
    private readonly List<(int[] PreservedChannels, ActivationQuantization Rule, QuantizedActivations Codes)> _quantized = [];
    private readonly List<(object Form, int[] PreservedChannels, PreparedFloats? Floats)> _prepared = [];

    /// <summary>Gets the values. Shape [tokens, columns].</summary>
    public ReadOnlyMemory<float> Values => values;

    /// <summary>Gets the number of tokens.</summary>
    public int Tokens => tokens;

    /// <summary>Gets the kernels and threads.</summary>
    public ComputeContext Context => context;

    /// <summary>Gives the codes under a rule, which live as long as this input; linears with the same rule and preserved channels get the same.</summary>
    public QuantizedActivations Quantize(QuantizedWeights weights, ActivationQuantization rule)
    {
        using PartClock clock = context.Measure(ForwardPart.ActivationQuantization);
        return FindCodes(weights.PreservedChannels, rule) ?? MakeCodes(weights, rule);
    }

    /// <summary>Gives the values in the form that a kernel multiplies, which lives as long as this input; null if it takes them as they lie.</summary>
    /// <param name="form">What the form depends on beside the preserved channels: linears with an equal one share it.</param>
    /// <param name="columns">Number of input features.</param>
    /// <param name="preservedChannels">Channels that stay out of the form.</param>
    /// <param name="reserve">What the kernel's <c>Reserve</c> gives.</param>
    public PreparedFloats? Prepare(object form, int columns, int[] preservedChannels, Func<PreparedFloats?> reserve)
    {
        foreach ((object otherForm, int[] otherChannels, PreparedFloats? floats) in _prepared)
        {
            if (form.Equals(otherForm) && preservedChannels.AsSpan().SequenceEqual(otherChannels))
            {
                return floats;
            }
        }

        using PartClock clock = context.Measure(ForwardPart.ActivationQuantization);
        PreparedFloats? made = reserve();
        _prepared.Add((form, preservedChannels, made));
        if (made is not null)
        {
            context.Team.Run(made.Pieces, 1, (first, count) => made.Fill(values.Span[..(tokens * columns)], first, count));
        }

        return made;
    }

    /// <summary>Gives the memory of codes and forms back.</summary>
    public void Dispose()
    {
        foreach ((_, _, PreparedFloats? floats) in _prepared)
        {
            floats?.Dispose();
        }

        foreach ((_, _, QuantizedActivations codes) in _quantized)
        {
            codes.Dispose();
        }
    }

    private QuantizedActivations? FindCodes(int[] preservedChannels, ActivationQuantization rule)
    {
        foreach ((int[] otherChannels, ActivationQuantization otherRule, QuantizedActivations codes) in _quantized)
        {
            if (preservedChannels.AsSpan().SequenceEqual(otherChannels) && rule.HasSameCodes(otherRule))
            {
                return codes;
            }
        }

        return null;
    }

    private QuantizedActivations MakeCodes(QuantizedWeights weights, ActivationQuantization rule)
    {
        QuantizedActivations made = QuantizedActivations.Create(values, tokens, weights.Columns, weights.PreservedChannels, rule, context);
        _quantized.Add((weights.PreservedChannels, rule, made));
        return made;
    }
}
