using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models;

/// <summary>Rounds block outputs with one static scale per block, as integer-only accelerators do.</summary>
/// <remarks>
/// <para><c>h = scale · clamp(round(h / scale), −qMax, qMax)</c>, half to even, with qMax = 2^(bits − 1) − 1. The listed channels are treated as
/// <c>preserve</c> says: <c>channels</c> keeps their value, <c>clip</c> rounds and saturates them like the rest, <c>mean</c> puts their calibrated
/// mean, one for the sink token (a BOS at position 0) and one for the others. NaN stays NaN.</para>
/// <para>The stream is rounded and widened again (fake quantization): blocks read float.</para>
/// </remarks>
public sealed class ResidualQuantizer : IBlockOutputTransform
{
    private readonly Dictionary<int, ResidualBlock> _blocks;

    /// <summary>Creates the transform.</summary>
    /// <param name="residual">Bits, preservation, and each block's scale and channels.</param>
    /// <exception cref="ArgumentException">A part of it is wrong; the message says which block, what is there and what is required.</exception>
    public ResidualQuantizer(ResidualQuantization residual)
    {
        ArgumentNullException.ThrowIfNull(residual);
        if (residual.Bits is < 2 or > 8)
        {
            throw new ArgumentException($"The residual stream has {residual.Bits} bits; 2 to 8 are possible.");
        }

        if (residual.Preserve is not ("none" or "channels" or "clip" or "mean"))
        {
            throw new ArgumentException($"The residual stream preserves '{residual.Preserve}'; none, channels, clip or mean is possible.");
        }

        foreach (ResidualBlock block in residual.Blocks)
        {
            if (!(float.IsFinite(block.Scale) && block.Scale > 0))
            {
                throw new ArgumentException($"The residual scale of block {block.Block} is {block.Scale}; it must be finite and above 0.");
            }

            if (residual.Preserve == "mean" && (block.MeansAtSink.Count != block.Channels.Count || block.MeansElsewhere.Count != block.Channels.Count))
            {
                throw new ArgumentException(
                    $"Block {block.Block} lists {block.Channels.Count} residual channels, {block.MeansAtSink.Count} means at the sink and {block.MeansElsewhere.Count} elsewhere; the numbers must be equal.");
            }
        }

        Residual = residual;
        _blocks = residual.Blocks.ToDictionary(block => block.Block);
    }

    /// <summary>Gets what was given.</summary>
    public ResidualQuantization Residual { get; }

    /// <summary>Gets the largest code magnitude.</summary>
    internal int QMax => (1 << (Residual.Bits - 1)) - 1;

    /// <summary>Gets a value indicating whether the listed channels are not rounded.</summary>
    internal bool SparesChannels => Residual.Preserve is "channels" or "mean";

    /// <summary>Gets a value indicating whether the listed channels become their calibrated means.</summary>
    internal bool PutsMeans => Residual.Preserve == "mean";

    /// <summary>Throws unless every block and channel exists in a model.</summary>
    /// <param name="blockCount">Number of blocks.</param>
    /// <param name="hiddenSize">Width of the residual stream.</param>
    /// <exception cref="ArgumentException">One does not, or channels are not sorted and distinct.</exception>
    public void Validate(int blockCount, int hiddenSize)
    {
        foreach (ResidualBlock block in Residual.Blocks)
        {
            if ((uint)block.Block >= (uint)blockCount)
            {
                throw new ArgumentException($"The residual stream is rounded after block {block.Block}; the model has blocks 0 to {blockCount - 1}.");
            }

            ChannelList.Validate(block.Channels, hiddenSize, "residual");
        }
    }

    /// <inheritdoc/>
    public void Apply(int block, SequenceChunk chunk, Span<float> hidden, int hiddenSize)
    {
        if (!_blocks.TryGetValue(block, out ResidualBlock? rule))
        {
            return;
        }

        float[] kept = new float[rule.Channels.Count];
        for (int token = 0; token < chunk.TokenIds.Length; token++)
        {
            Span<float> row = hidden.Slice(token * hiddenSize, hiddenSize);
            for (int i = 0; i < kept.Length; i++)
            {
                kept[i] = row[rule.Channels[i]];
            }

            Round(row, rule.Scale);
            if (SparesChannels)
            {
                IReadOnlyList<float> values = !PutsMeans ? kept : token == chunk.SinkRow ? rule.MeansAtSink : rule.MeansElsewhere;
                for (int i = 0; i < kept.Length; i++)
                {
                    row[rule.Channels[i]] = values[i];
                }
            }
        }
    }

    private void Round(Span<float> row, float scale)
    {
        for (int channel = 0; channel < row.Length; channel++)
        {
            row[channel] = scale * Math.Clamp(MathF.Round(row[channel] / scale), -QMax, QMax);
        }
    }
}
