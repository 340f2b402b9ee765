using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Training.Data;

namespace OutlierQuant.Training.Runs;

/// <summary>What a run reads.</summary>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="TokenizerDirectory">The directory whose tokenizer files the checkpoint gets.</param>
/// <param name="Text">The text to train on.</param>
/// <param name="Validation">The text to validate on.</param>
public sealed record TrainingInput(Tokenizer Tokenizer, string TokenizerDirectory, TrainingText Text, TrainingText Validation);
