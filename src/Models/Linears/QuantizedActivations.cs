using System.Buffers;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.RowQuantize;
using OutlierQuant.Kernels.TiledProduct.Int8;

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
    private CodeActivationTiles? _tiles;

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

    /// <summary>Brings the codes into tiles too, once, if the kernel multiplies such weights by tiles. Tiles do not depend on the weights.</summary>
    public void Tile(PackedWeights weights, ComputeContext context)
    {
        if (_tiles is null && context.Suite.CodeProduct.ReserveCodes(_tokens, weights) is CodeActivationTiles tiles)
        {
            context.Team.Run(tiles.Strips, 1, (first, count) => tiles.Fill(AsCodes(), first, count));
            _tiles = tiles;
        }
    }

    /// <summary>Gives the codes to a kernel.</summary>
    public ActivationCodes AsCodes() => new()
    {
        Codes = _codes.AsSpan(0, _tokens * _stride),
        Stride = _stride,
        Scales = _scales.AsSpan(0, _tokens),
        Preserved = _preserved.AsSpan(0, _tokens * _preservedCount),
        Tiles = _tiles,
    };

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        _tiles?.Dispose();
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
