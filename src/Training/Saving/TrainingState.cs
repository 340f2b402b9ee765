using OutlierQuant.Checkpoints;
using OutlierQuant.Training.Optimization;
using OutlierQuant.Training.Parameters;
using OutlierQuant.Training.Runs;

namespace OutlierQuant.Training.Saving;

/// <summary><c>training_state.safetensors</c>: all that a run needs to go on as if it had never stopped.</summary>
internal static class TrainingState
{
    public const string FileName = "training_state.safetensors";

    private const string Step = "step", Sums = "sums_since_record", Values = "values", FirstMoments = "first_moments", SecondMoments = "second_moments";

    /// <summary>Writes the state.</summary>
    public static void Write(string path, ParameterSet set, AdamW optimizer, int step, SinceRecord since) => SafetensorsWriter.Write(
        path,
        [
            TensorToWrite.From<long>(Step, TensorType.I64, [1], new[] { (long)step }),
            TensorToWrite.From<double>(Sums, TensorType.F64, [4], new[] { since.Steps, since.Loss, since.GradientNorm, since.LargestGradientNorm }),
            TensorToWrite.From<float>(Values, TensorType.F32, [set.Count], set.Values),
            TensorToWrite.From<float>(FirstMoments, TensorType.F32, [set.Count], optimizer.FirstMoments),
            TensorToWrite.From<float>(SecondMoments, TensorType.F32, [set.Count], optimizer.SecondMoments),
        ]);

    /// <summary>Reads the state into the parameters and the optimizer.</summary>
    /// <returns>The step that it was written after, and the sums since the last measurement.</returns>
    /// <exception cref="CheckpointFormatException">The file is damaged or of another model.</exception>
    public static (int Step, SinceRecord Since) Read(string path, ParameterSet set, AdamW optimizer)
    {
        using TensorStore store = TensorStore.Open(path);
        Copy(store.Require(Values, set.Count), TensorType.F32, set.Values);
        Copy(store.Require(FirstMoments, set.Count), TensorType.F32, optimizer.FirstMoments);
        Copy(store.Require(SecondMoments, set.Count), TensorType.F32, optimizer.SecondMoments);
        long[] step = new long[1];
        double[] sums = new double[4];
        Copy(store.Require(Step, 1), TensorType.I64, step);
        Copy(store.Require(Sums, 4), TensorType.F64, sums);
        return ((int)step[0], new SinceRecord((int)sums[0], sums[1], sums[2], sums[3]));
    }

    private static void Copy<T>(Tensor tensor, TensorType type, T[] target)
        where T : unmanaged
    {
        if (tensor.Type != type)
        {
            throw tensor.Wrong($"the type is {tensor.Type}; {type} is needed");
        }

        tensor.Elements<T>(0, target.Length).CopyTo(target);
    }
}
