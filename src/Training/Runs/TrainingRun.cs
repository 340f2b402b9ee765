using System.Diagnostics;
using OutlierQuant.Models;
using OutlierQuant.Training.Data;
using OutlierQuant.Training.Measuring;
using OutlierQuant.Training.Networks;
using OutlierQuant.Training.Optimization;
using OutlierQuant.Training.Parameters;
using OutlierQuant.Training.Saving;

namespace OutlierQuant.Training.Runs;

/// <summary>Trains a model, and writes checkpoints and measurements into a directory.</summary>
/// <remarks>The directory is a checkpoint at any time. A run that was stopped and resumed gives the same bytes as one that was not, except for the speeds in <c>log.jsonl</c>.</remarks>
public sealed class TrainingRun
{
    private readonly TrainingOptions _options;
    private readonly WindowOrder _order;
    private readonly ValidationSet _validation;
    private readonly Transformer _transformer;
    private readonly AdamW _optimizer;
    private readonly RunDirectory _directory;
    private readonly List<TrainingRecord> _records = [];
    private TrainingHistory _history;
    private SinceRecord _since;
    private int _step;
    private int _saved;

    private TrainingRun(string directory, TrainingInput input, TrainingOptions options, ComputeContext compute)
    {
        options.Validate();
        if (input.Tokenizer.VocabularySize > options.Shape.VocabularySize)
        {
            throw new ArgumentException($"The tokenizer has {input.Tokenizer.VocabularySize} tokens and the model {options.Shape.VocabularySize}; the model needs at least as many.");
        }

        if (options.Bos && input.Tokenizer.BosTokenId is null)
        {
            throw new ArgumentException("This tokenizer has no beginning-of-sequence token to put before each window; leave it out (--no-bos).");
        }

        _options = options;
        _order = new(input.Text, options, input.Tokenizer.BosTokenId);
        if (_order.Count == 0)
        {
            throw new ArgumentException($"{input.Text.Name}: the text has {input.Text.Count} tokens, and one window to train on needs {_order.TextTokens + 1}; give a longer text or a smaller context.");
        }

        _validation = new(input.Validation, options, input.Tokenizer.BosTokenId);
        ModelParameters parameters = new(options.Shape);
        _transformer = new(parameters, options.Shape, options.Windows, compute);
        _optimizer = new(parameters.Set, compute);
        _directory = new(directory, parameters, _optimizer, options, compute);
        _history = new TrainingHistory
        {
            Version = TrainingHistory.CurrentVersion,
            Options = options,
            Text = new(input.Text.Name, input.Text.Documents, input.Text.Count, _order.Count, input.Text.Sha256),
            Validation = new(input.Validation.Name, input.Validation.Documents, input.Validation.Count, _validation.Count, input.Validation.Sha256),
            Parameters = parameters.Set.Count,
            Kernels = compute.Suite.Name,
            Records = _records,
        };
    }

    /// <summary>Begins a run: makes its directory, with a checkpoint of the first weights.</summary>
    /// <param name="directory">The directory to make; its parent must exist.</param>
    /// <param name="input">Tokenizer and texts.</param>
    /// <param name="options">What to train and how.</param>
    /// <param name="compute">Kernels and threads.</param>
    /// <exception cref="ArgumentException">An option is out of range, or a text is too short.</exception>
    /// <exception cref="IOException">The directory exists and is not empty, or cannot be written.</exception>
    public static TrainingRun Begin(string directory, TrainingInput input, TrainingOptions options, ComputeContext compute)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(compute);
        TrainingRun run = new(directory, input, options, compute);
        ParameterStart.Fill(run._transformer.Parameters, options.Seed);
        run._records.Add(ModelMeasurer.Measure(run._transformer, run._validation));
        run._directory.Create(input, run._history);
        TrainingLog.Append(directory, new LogLine(null, run._records[0]));
        return run;
    }

    /// <summary>Goes on with a run that was stopped.</summary>
    /// <param name="directory">Its directory.</param>
    /// <param name="input">The same texts as before.</param>
    /// <param name="compute">Kernels and threads.</param>
    /// <exception cref="ArgumentException">A text is another than before.</exception>
    /// <exception cref="IOException">The directory is not that of a run, or is damaged.</exception>
    public static TrainingRun Resume(string directory, TrainingInput input, ComputeContext compute)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(compute);
        TrainingHistory history = TrainingHistory.Load(directory);
        RequireSame(history.Text, input.Text, "text");
        RequireSame(history.Validation, input.Validation, "validation text");
        TrainingRun run = new(directory, input, history.Options, compute);
        (run._step, run._since) = run._directory.ReadState();
        run._saved = run._step;
        run._history = history with { Records = run._records };
        run._records.AddRange(history.Records.Where(record => record.Step <= run._step));
        TrainingLog.CutAfter(directory, run._step);
        return run;
    }

    /// <summary>Gets the record so far.</summary>
    public TrainingHistory History => _history;

    /// <summary>Gets the bytes of weights, gradients, moments and of what a step keeps.</summary>
    public long MemoryBytes => _transformer.MemoryBytes + (2L * sizeof(float) * _history.Parameters);

    /// <summary>Trains until the last step, or until cancelled: then the step is finished and a checkpoint is written.</summary>
    /// <param name="progress">Told after every step and measurement; null for silence.</param>
    /// <param name="cancellation">Stops the run between two steps.</param>
    /// <exception cref="TrainingDivergedException">A loss or gradient is not finite. The last checkpoint is kept.</exception>
    /// <exception cref="IOException">A file cannot be written. The last checkpoint is kept.</exception>
    public TrainingOutcome Run(Action<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        long start = Stopwatch.GetTimestamp(), tokensAtStart = TokensAt(_step);
        if (_step == 0)
        {
            progress?.Invoke(ProgressOf(_records[0], null));
        }

        while (_step < _options.Steps && !cancellation.IsCancellationRequested)
        {
            double learningRate = Step();
            TrainingRecord? record = null;
            double? speed = null;
            if (_step % _options.MeasureEvery == 0 || _step == _options.Steps)
            {
                speed = (TokensAt(_step) - tokensAtStart) / Stopwatch.GetElapsedTime(start).TotalSeconds;
                record = Measure(learningRate);
                TrainingLog.Append(_directory.Path, new LogLine(speed, record));
                (start, tokensAtStart) = (Stopwatch.GetTimestamp(), TokensAt(_step));
            }

            if (_step % _options.CheckpointEvery == 0 || _step == _options.Steps)
            {
                Save();
            }

            progress?.Invoke(ProgressOf(record, speed));
        }

        if (_saved != _step)
        {
            Save();
        }

        return new TrainingOutcome(_history, TensorLayout.ArchitectureOf(_options.Shape), _step, _step == _options.Steps);
    }

    /// <summary>Does one step.</summary>
    /// <returns>Its learning rate.</returns>
    private double Step()
    {
        int step = _step + 1;
        double loss = _transformer.Differentiate(_order.At(step));
        double norm = _optimizer.GradientNorm();
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw Diverged(step, double.IsFinite(loss) ? $"the norm of the gradient is {norm}" : $"the loss is {loss}");
        }

        double learningRate = LearningRateSchedule.At(step, _options);
        _optimizer.Step(step, learningRate, _options.WeightDecay, Math.Min(1, _options.ClipNorm / norm));
        _since = _since.With(loss, norm);
        _step = step;
        return learningRate;
    }

    private TrainingRecord Measure(double learningRate)
    {
        TrainingRecord measured = ModelMeasurer.Measure(_transformer, _validation);
        if (!double.IsFinite(measured.ValidationLoss))
        {
            throw Diverged(_step, $"the validation loss is {measured.ValidationLoss}");
        }

        TrainingRecord record = measured with
        {
            Step = _step,
            Tokens = TokensAt(_step),
            LearningRate = learningRate,
            Loss = _since.Loss / _since.Steps,
            GradientNorm = _since.GradientNorm / _since.Steps,
            LargestGradientNorm = _since.LargestGradientNorm,
        };
        _records.Add(record);
        _since = default;
        return record;
    }

    private void Save()
    {
        _directory.Save(_history, _step, _since);
        _saved = _step;
    }

    private TrainingDivergedException Diverged(int step, string what) => new(
        $"Step {step}: {what}. The checkpoint of step {_saved} is kept in {_directory.Path}. A smaller --lr, a longer --warmup or a smaller --clip may help.");

    private long TokensAt(int step) => (long)step * _options.Windows * _options.Shape.Context;

    private TrainingProgress ProgressOf(TrainingRecord? record, double? speed) =>
        new(_step, _options.Steps, TokensAt(_step), TokensAt(_options.Steps), record, speed);

    private static void RequireSame(TextSummary before, TrainingText now, string what)
    {
        if (before.Sha256 != now.Sha256)
        {
            throw new ArgumentException(
                $"{now.Name}: the {what} has {now.Count} tokens with the digest {now.Sha256[..12]}, but the run began with {before.Tokens} tokens and {before.Sha256[..12]}; a run is resumed with the same text.");
        }
    }
}
