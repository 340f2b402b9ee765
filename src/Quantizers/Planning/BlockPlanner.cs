using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Models;

namespace OutlierQuant.Quantizers.Planning;

/// <summary>Decides how the output of each block is rounded by the residual schemes.</summary>
internal static class BlockPlanner
{
    /// <summary>Makes the plan of every block that is rounded.</summary>
    /// <param name="model">The model.</param>
    /// <param name="profile">Statistics of the block outputs.</param>
    /// <param name="bits">Width of a code.</param>
    /// <param name="options">What is asked for.</param>
    public static IReadOnlyList<BlockPlan> Plan(TransformerModel model, CalibrationProfile profile, int bits, QuantizationOptions options)
    {
        IEnumerable<int> blocks = options.ResidualBlock is int only ? [only] : Enumerable.Range(0, model.Config.BlockCount);
        return [.. blocks.Select(block => Plan(profile.Blocks[block], bits, options))];
    }

    private static BlockPlan Plan(BlockProfile block, int bits, QuantizationOptions options)
    {
        ChannelChoice choice = ChannelChoice.Of(block.Channels, block.Suggested, options);
        return new BlockPlan
        {
            Block = block.Block,
            Bits = bits,
            Scale = choice.StaticScale(bits),
            Channels = choice.Channels,
            Reason = FormattableString.Invariant(
                $"int{bits} output with one scale for the absmax {choice.AbsMaxElsewhere:G4} of the calibration set; {choice.Describe(options.Preserve)}."),
        };
    }
}
