namespace OutlierQuant.Training.Runs;

/// <summary>A loss or gradient is not finite.</summary>
/// <param name="message">What, at which step, what is kept, and what helps.</param>
public sealed class TrainingDivergedException(string message) : ArithmeticException(message);
