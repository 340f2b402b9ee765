using OutlierQuant.Calibration.Building;
using OutlierQuant.Calibration.Gathering;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Models;

namespace OutlierQuant.Calibration;

/// <summary>Runs the calibration text through a model once and makes the profile.</summary>
/// <remarks>
/// Statistics are gathered while the values pass; nothing of an activation is kept but 4 bytes a token for each observed input (its
/// absmax). Observers run on one thread in a fixed order, so the profile does not depend on the number of threads.
/// </remarks>
public static class Calibrator
{
    /// <summary>Makes the profile of a model on a calibration set.</summary>
    /// <param name="model">The model; usually in full precision.</param>
    /// <param name="tokenizer">Its tokenizer, which classifies and names tokens.</param>
    /// <param name="set">The windows; see <see cref="TextWindows"/>.</param>
    /// <param name="options">Thresholds and rules.</param>
    /// <param name="progress">Told after every block of every window; null for nobody.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the context exceeds the model's positions.</exception>
    /// <exception cref="NonFiniteActivationException">An activation is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">The work was stopped.</exception>
    public static CalibrationProfile Run(
        TransformerModel model,
        Tokenizer tokenizer,
        CalibrationSet set,
        DetectorOptions options,
        Action<ForwardProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options.Validate();
        if (set.Context > model.LongestSequence)
        {
            throw new ArgumentException($"The context is {set.Context} tokens, but the model takes sequences of at most {model.LongestSequence}; choose a smaller context.");
        }

        CalibrationObserver observer = new(model, set, new TokenClassifier(tokenizer), options);
        ForwardOptions forward = new() { Observer = observer, StartsWithBos = set.Bos, Progress = progress, Cancellation = cancellation };
        new ForwardPass(model).Run(set.Windows, observer, forward);
        return new ProfileBuilder(model, tokenizer, set, options).Build(observer);
    }
}
