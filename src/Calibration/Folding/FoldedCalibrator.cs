using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Models;
using OutlierQuant.Models.Folding;

namespace OutlierQuant.Calibration.Folding;

/// <summary>Folds a model and calibrates what is left in its stream.</summary>
public static class FoldedCalibrator
{
    /// <summary>Chooses the prefix, computes its constants, merges and drops as asked, and runs the text through the folded model.</summary>
    /// <remarks>Windows that are too long for the positions that a longer prefix leaves lose tokens at their end; the profile's text says how long they were.</remarks>
    /// <param name="model">The model in full precision, without a fold.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="set">Windows that begin with BOS.</param>
    /// <param name="options">Thresholds and rules.</param>
    /// <param name="fold">What to fold.</param>
    /// <param name="unfolded">The model's own profile on the same windows; null makes it first.</param>
    /// <param name="progress">Told what is done and how far it is; null for nobody.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="ArgumentException">An option is out of range, the windows do not begin with BOS, or the model is folded or quantized.</exception>
    /// <exception cref="NonFiniteActivationException">An activation is NaN or infinite.</exception>
    public static FoldedCalibration Run(
        TransformerModel model,
        Tokenizer tokenizer,
        CalibrationSet set,
        DetectorOptions options,
        FoldOptions fold,
        CalibrationProfile? unfolded = null,
        Action<string, ForwardProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(fold);
        fold.Validate();
        int bos = set.RequireBos();
        unfolded ??= Calibrator.Run(model, tokenizer, set, options, Told("calibrating"), cancellation);
        FoldSearchResult? search = fold.Prefix.IsAuto ? FoldSearch.Run(model, tokenizer, set, options, Told("searching a prefix"), cancellation) : null;
        IReadOnlyList<int> prefix = search?.Found.Prefix.Select(token => token.TokenId).ToArray() ?? fold.Prefix.TokenIds ?? [bos];
        TransformerModel folded = model.With(fold: FoldBuilder.Compute(model, prefix, bos));
        set = set.Shorten(folded.LongestSequence);
        SlotMergeResult? merge = null;
        if (fold.Merge && prefix.Count > 1)
        {
            (Fold merged, merge) = SlotMerge.Apply(folded, set, Told("merging"), cancellation);
            folded = folded.With(fold: merged);
        }

        ValueDropResult? drop = null;
        if (fold.DropValuesBelow is double bound)
        {
            (Fold dropped, drop) = ValueDrop.Apply(folded, set, bound, Told("measuring values"), cancellation);
            folded = folded.With(fold: dropped);
        }

        CalibrationProfile profile = Calibrator.Run(folded, tokenizer, set, options, Told("calibrating, folded"), cancellation);
        FoldProfile description = profile.Fold! with { Search = search, Merge = merge, Drop = drop, Before = UnfoldedRanges.Of(unfolded) };
        return new FoldedCalibration(folded, profile with { Fold = description });

        Action<ForwardProgress>? Told(string what) => progress is null ? null : done => progress(what, done);
    }
}
