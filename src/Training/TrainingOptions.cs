using OutlierQuant.Checkpoints;

namespace OutlierQuant.Training;

/// <summary>What is trained and how. Equal options, text and kernels give equal bytes.</summary>
public sealed record TrainingOptions
{
    /// <summary>Gets the model.</summary>
    public ModelShape Shape { get; init; } = new();

    /// <summary>Gets whether every window begins with BOS.</summary>
    public bool Bos { get; init; } = true;

    /// <summary>Gets the number of steps.</summary>
    public int Steps { get; init; } = 1000;

    /// <summary>Gets the windows of one step.</summary>
    public int Windows { get; init; } = 8;

    /// <summary>Gets the largest learning rate, reached after the warm-up.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Gets the steps in which the learning rate rises from 0.</summary>
    public int WarmUpSteps { get; init; } = 200;

    /// <summary>Gets the learning rate at the end, as a share of the largest.</summary>
    public double FinalShare { get; init; } = 0.1;

    /// <summary>Gets the decoupled weight decay: a step takes learning rate × this off every weight of a matrix.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Gets the norm that the gradient of all parameters together is shortened to where it is longer.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Gets the seed of the first weights and of the order of windows.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Gets the type of the weights in the checkpoint: F32 or BF16. Training is in binary32.</summary>
    public TensorType StoredType { get; init; } = TensorType.BF16;

    /// <summary>Gets the steps between two measurements.</summary>
    public int MeasureEvery { get; init; } = 100;

    /// <summary>Gets the steps between two checkpoints.</summary>
    public int CheckpointEvery { get; init; } = 500;

    /// <summary>Gets the most windows of the validation text that are measured on, evenly spaced.</summary>
    public int ValidationWindows { get; init; } = 64;

    /// <summary>Throws unless the values are in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message says which and what is required.</exception>
    public void Validate()
    {
        Shape.Validate();
        RequireCount(Steps, "steps");
        RequireCount(Windows, "windows of a step");
        RequireCount(MeasureEvery, "steps between measurements");
        RequireCount(CheckpointEvery, "steps between checkpoints");
        RequireCount(ValidationWindows, "validation windows");
        Require(LearningRate, "learning rate", LearningRate > 0, "above 0");
        Require(FinalShare, "final share of the learning rate", FinalShare is >= 0 and <= 1, "from 0 to 1");
        Require(WeightDecay, "weight decay", WeightDecay >= 0, "from 0");
        Require(ClipNorm, "norm to clip gradients to", ClipNorm > 0, "above 0");
        if (WarmUpSteps < 0 || WarmUpSteps > Steps)
        {
            throw new ArgumentException($"The warm-up takes {WarmUpSteps} steps and training {Steps}; the warm-up must be from 0 to all of them.");
        }

        if (StoredType is not (TensorType.F32 or TensorType.BF16))
        {
            throw new ArgumentException($"The stored type is {StoredType}; F32 or BF16 is needed.");
        }
    }

    private static void RequireCount(int value, string what) => Require(value, $"number of {what}", value >= 1, "at least 1");

    private static void Require(double value, string what, bool isRight, string required)
    {
        if (!isRight || !double.IsFinite(value))
        {
            throw new ArgumentException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"The {what} is {value}; it must be {required}."));
        }
    }
}
