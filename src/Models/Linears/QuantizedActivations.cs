using System.Buffers;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.RowQuantize;

namespace OutlierQuant.Models.Linears;

/// <summary>The input of <see cref="QuantizedLinear"/>s as codes, in pooled memory.</summary>
internal sealed class QuantizedActivations : IDisposable
{
    private readonly int _tokens;
    private readonly int _stride;
    private readonly int _preservedCount;
    private readonly sbyte[] _codes;
    private readonly float[] _scales;
    private readonly float[] _preserved;
    private readonly List<(WeightFormat Format, int GroupSize, PreparedCodes? Codes)> _prepared = [];

    private QuantizedActivations(int tokens, int columns, int preservedCount)
    {
        _tokens = tokens;
        _stride = WeightPacking.PaddedColumns(columns);
        _preservedCount = preservedCount;
        _codes = ArrayPool<sbyte>.Shared.Rent(checked(tokens * _stride));
        _scales = ArrayPool<float>.Shared.Rent(tokens);
        _preserved = ArrayPool<float>.Shared.Rent(tokens * preservedCount);
    }

    /// <summary>Rounds activations [tokens, columns].</summary>
    public static QuantizedActivations Create(
        ReadOnlyMemory<float> source, int tokens, int columns, int[] preservedChannels, ActivationQuantization rule, ComputeContext context)
    {
        QuantizedActivations result = new(tokens, columns, preservedChannels.Length);
        IRowQuantizeKernel kernel = context.Suite.RowQuantize;
        int[] unscaled = rule.UncountedChannels(preservedChannels);
        if (rule.Granularity == ActivationGranularity.Tensor)
        {
            EachToken(FindScale);
            result.ShareLargestScale();
            EachToken(Round);
        }
        else
        {
            // Nothing depends on other tokens, so a row is rounded while it is in the cache.
            EachToken(token =>
            {
                FindScale(token);
                Round(token);
            });
        }

        return result;

        void EachToken(Action<int> action) => context.Team.Run(tokens, 1, (first, count) =>
        {
            for (int token = first; token < first + count; token++)
            {
                action(token);
            }
        });

        void FindScale(int token) =>
            result._scales[token] = TokenScale(source.Span.Slice(token * columns, columns), kernel, preservedChannels, unscaled, rule);

        void Round(int token) => kernel.Quantize(
            source.Span.Slice(token * columns, columns),
            preservedChannels,
            result._scales[token],
            rule.QMax,
            result._codes.AsSpan(token * result._stride, result._stride),
            result._preserved.AsSpan(token * result._preservedCount, result._preservedCount));
    }

    /// <summary>Brings the codes into the form in which the kernel multiplies such weights too, once for all weights of one format and group size; null where it takes them as they lie.</summary>
    public PreparedCodes? Prepare(PackedWeights weights, ComputeContext context)
    {
        foreach ((WeightFormat format, int groupSize, PreparedCodes? codes) in _prepared)
        {
            if (format == weights.Format && groupSize == weights.GroupSize)
            {
                return codes;
            }
        }

        PreparedCodes? made = context.Suite.CodeProduct.ReserveCodes(_tokens, weights);
        _prepared.Add((weights.Format, weights.GroupSize, made));
        if (made is not null)
        {
            context.Team.Run(made.Pieces, 1, (first, count) => made.Fill(AsCodes(null), first, count));
        }

        return made;
    }

    /// <summary>Gives the codes to a kernel.</summary>
    /// <param name="prepared">What <see cref="Prepare"/> gave for the weights.</param>
    public ActivationCodes AsCodes(PreparedCodes? prepared) => new()
    {
        Codes = _codes.AsSpan(0, _tokens * _stride),
        Stride = _stride,
        Scales = _scales.AsSpan(0, _tokens),
        Preserved = _preserved.AsSpan(0, _tokens * _preservedCount),
        Prepared = prepared,
    };

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        foreach ((_, _, PreparedCodes? codes) in _prepared)
        {
            codes?.Dispose();
        }

        ArrayPool<sbyte>.Shared.Return(_codes);
        ArrayPool<float>.Shared.Return(_scales);
        ArrayPool<float>.Shared.Return(_preserved);
    }

    /// <summary>Gives every token the largest scale, which is the scale of the tensor: dividing by qMax is monotonic. NaN wins over every number.</summary>
    private void ShareLargestScale()
    {
        Span<float> scales = _scales.AsSpan(0, _tokens);
        float shared = 0;
        foreach (float scale in scales)
        {
            shared = MathF.Max(shared, scale);
        }

        scales.Fill(shared == 0 ? 1 : shared);
    }

    /// <summary>The scale of one token; 0 stands for "all zero" until the whole tensor is known, NaN for a value that is not finite.</summary>
    private static float TokenScale(ReadOnlySpan<float> row, IRowQuantizeKernel kernel, int[] preservedChannels, int[] unscaled, ActivationQuantization rule)
    {
        float absMax = kernel.AbsMax(row, preservedChannels);
        if (!float.IsFinite(absMax))
        {
            // The codes of a token with a NaN are plausible numbers, so the scale has to carry the NaN to the output.
            return float.NaN;
        }

        if (rule.Granularity == ActivationGranularity.TensorStatic)
        {
            return rule.StaticScale;
        }

        float scaled = unscaled.Length == preservedChannels.Length ? absMax : kernel.AbsMax(row, unscaled);
        float scale = scaled / rule.QMax;
        return scale == 0 && rule.Granularity == ActivationGranularity.Token ? 1 : scale;
    }
}
