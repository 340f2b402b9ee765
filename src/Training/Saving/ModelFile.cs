using OutlierQuant.Checkpoints;
using OutlierQuant.Models;
using OutlierQuant.Training.Parameters;

namespace OutlierQuant.Training.Saving;

/// <summary>Writes <c>model.safetensors</c>.</summary>
internal static class ModelFile
{
    private const int HalfBits = 16;

    /// <summary>Writes the parameters as tensors of the architecture.</summary>
    /// <param name="path">Place of the file.</param>
    /// <param name="parameters">The parameters.</param>
    /// <param name="shape">Sizes and variant.</param>
    /// <param name="type">F32, or BF16, to which values are rounded, half to even.</param>
    /// <param name="compute">Kernels and threads.</param>
    public static void Write(string path, ModelParameters parameters, ModelShape shape, TensorType type, ComputeContext compute)
    {
        List<TensorToWrite> tensors = [.. TensorLayout.Of(shape, parameters).Select(part => Tensor(part, type))];
        if (parameters.SinkToken is not null)
        {
            tensors.AddRange(SinkConstants.Of(type == TensorType.F32 ? parameters : Rounded(parameters, shape), shape, compute));
        }

        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt" });
    }

    private static TensorToWrite Tensor(TensorPart part, TensorType type)
    {
        float[] values = part.Read(part.Parameter.Values.Span);
        return type == TensorType.F32
            ? TensorToWrite.From<float>(part.Name, type, part.Shape, values)
            : TensorToWrite.From<ushort>(part.Name, type, part.Shape, Array.ConvertAll(values, Round));
    }

    private static ModelParameters Rounded(ModelParameters parameters, ModelShape shape)
    {
        ModelParameters rounded = new(shape);
        for (int i = 0; i < parameters.Set.Count; i++)
        {
            rounded.Set.Values[i] = BitConverter.UInt32BitsToSingle((uint)Round(parameters.Set.Values[i]) << HalfBits);
        }

        return rounded;
    }

    /// <summary>The upper half of a finite number's bits, rounded half to even.</summary>
    private static ushort Round(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint half = (1u << (HalfBits - 1)) - 1 + ((bits >> HalfBits) & 1);
        return (ushort)((bits + half) >> HalfBits);
    }
}
