using OutlierQuant.Calibration;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Quantizers.Planning;

/// <summary>Everything that can be refused before any work is done.</summary>
internal static class Preflight
{
    /// <summary>Throws unless the model can be quantized as asked, from the profile given.</summary>
    /// <exception cref="ArgumentException">It cannot; the message says what would be right.</exception>
    public static void Check(TransformerModel model, CalibrationProfile? profile, QuantizationOptions options)
    {
        RequireFloat(model);
        RequireFold(model, options);
        RequireMeaningful(model, options);
        RequireRoomForCodes(model, options);
        if (options.Scheme.NeedsProfileFor(options.Preserve) is string need)
        {
            RequireProfile(model, profile, options, need);
        }
    }

    private static void RequireFloat(TransformerModel model)
    {
        if (model.Config.Quantization is { } quantization)
        {
            throw new ArgumentException(
                $"{model.Directory} is already quantized ({quantization.Scheme}, preserve {quantization.Preserve}); quantize the checkpoint that it was made from.");
        }
    }

    private static void RequireFold(TransformerModel model, QuantizationOptions options)
    {
        if (options.Preserve.Folds() == model.Fold is not null)
        {
            return;
        }

        throw new ArgumentException(model.Fold is null
            ? $"Preserve {PreservationName.Of(options.Preserve)} needs a model whose prefix is folded; fold it first."
            : $"The model's prefix is folded, but preserve is {PreservationName.Of(options.Preserve)}; use fold or fold+channels, or the model without a fold.");
    }

    private static void RequireMeaningful(TransformerModel model, QuantizationOptions options)
    {
        if (options.Method != "rtn")
        {
            throw new ArgumentException($"There is no method '{options.Method}'. The methods are rtn.");
        }

        if (options.Scheme.ReasonAgainst(options.Preserve) is string reason)
        {
            throw new ArgumentException(reason);
        }

        bool residual = options.Scheme.ResidualBits is not null;
        if (options.Scheme.Weights is null && options.IncludeHead)
        {
            throw new ArgumentException($"Scheme {options.Scheme.Name} {(residual ? "rounds the residual stream and " : "")}leaves every linear in float, so the head cannot be included.");
        }

        if (options.ResidualBlock is int block)
        {
            if (!residual)
            {
                throw new ArgumentException($"A residual block is given, but scheme {options.Scheme.Name} does not round the residual stream; use residual-int8 or residual-int4.");
            }

            if (block < 0 || block >= model.Config.BlockCount)
            {
                throw new ArgumentException($"There is no block {block}; {model.Directory} has blocks 0 to {model.Config.BlockCount - 1}.");
            }
        }
    }

    private static void RequireRoomForCodes(TransformerModel model, QuantizationOptions options)
    {
        if (options.Preserve.WithoutFold() == Preservation.None || options.Channels is not int count)
        {
            return;
        }

        if (count < 0)
        {
            throw new ArgumentException($"The number of channels is {count}; it is 0 or more, or auto.");
        }

        if (options.Scheme.ResidualBits is not null && count >= model.Config.HiddenSize)
        {
            throw new ArgumentException($"{count} channels leave nothing to round in a residual stream of {model.Config.HiddenSize} channels.");
        }

        Linear? tooSmall = Planned(model, options).FirstOrDefault(linear => count >= linear.InFeatures);
        if (tooSmall is not null)
        {
            throw new ArgumentException($"{count} channels leave nothing to round in {tooSmall.Name}, which has {tooSmall.InFeatures} input channels.");
        }
    }

    private static void RequireProfile(TransformerModel model, CalibrationProfile? profile, QuantizationOptions options, string need)
    {
        if (profile is null)
        {
            throw new ArgumentException(
                $"Scheme {options.Scheme.Name} with preserve {PreservationName.Of(options.Preserve)} takes {need} from a calibration profile; give a profile, or a text to make one from.");
        }

        profile.RequireModel(model);
    }

    /// <summary>Lists the linears that a scheme turns into codes.</summary>
    public static IEnumerable<Linear> Planned(TransformerModel model, QuantizationOptions options) =>
        model.Linears.Where(linear => options.Scheme.Weights is not null && (linear.Role != LinearRole.Head || options.IncludeHead));
}
