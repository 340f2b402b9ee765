using OutlierQuant.Kernels.TiledProduct.BF16;

namespace OutlierQuant.Models.Linears;

/// <summary>The input of one or several linears, with its codes or tiles for those that need them, each made once.</summary>
/// <param name="values">Values of the tokens. Shape [tokens, columns].</param>
/// <param name="tokens">Number of tokens.</param>
/// <param name="context">Kernels and threads.</param>
internal sealed class SharedInput(ReadOnlyMemory<float> values, int tokens, ComputeContext context) : IDisposable
{
    private readonly List<(int[] PreservedChannels, ActivationQuantization Rule, QuantizedActivations Codes)> _quantized = [];
    private readonly List<(object Kernel, int[] PreservedChannels, FloatActivationTiles Tiles)> _tiled = [];

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
        QuantizedActivations codes = FindCodes(weights.PreservedChannels, rule) ?? MakeCodes(weights, rule);
        codes.Tile(weights.AsPacked(), context);
        return codes;
    }

    /// <summary>Gives the values as the tiles that a kernel multiplies, which live as long as this input; null if it takes them as they lie.</summary>
    /// <param name="kernel">The kernel. Its linears with the same preserved channels get the same tiles.</param>
    /// <param name="columns">Number of input features.</param>
    /// <param name="preservedChannels">Channels that stay out of the tiles.</param>
    /// <param name="reserved">What the kernel's <c>Reserve</c> gives.</param>
    public FloatActivationTiles? Tile(object kernel, int columns, int[] preservedChannels, Func<FloatActivationTiles?> reserved)
    {
        foreach ((object otherKernel, int[] otherChannels, FloatActivationTiles tiles) in _tiled)
        {
            if (ReferenceEquals(kernel, otherKernel) && preservedChannels.AsSpan().SequenceEqual(otherChannels))
            {
                return tiles;
            }
        }

        using PartClock clock = context.Measure(ForwardPart.ActivationQuantization);
        if (reserved() is not FloatActivationTiles made)
        {
            return null;
        }

        _tiled.Add((kernel, preservedChannels, made));
        context.Team.Run(made.Strips, 1, (first, count) => made.Fill(values.Span[..(tokens * columns)], first, count));
        return made;
    }

    /// <summary>Gives the memory of codes and tiles back.</summary>
    public void Dispose()
    {
        foreach ((_, _, FloatActivationTiles tiles) in _tiled)
        {
            tiles.Dispose();
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
