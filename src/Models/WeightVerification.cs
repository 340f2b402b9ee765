using System.Buffers;
using System.Numerics.Tensors;
using OutlierQuant.Checkpoints;
using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Models.Linears;
using Tensor = OutlierQuant.Checkpoints.Tensor;

namespace OutlierQuant.Models;

/// <summary>Reads every weight of a model once and refuses what no writer would have written.</summary>
/// <remarks>Opening a checkpoint checks its layout but not its values, which may be many gigabytes. Products on codes are exact only for codes in
/// their range, and a NaN spreads to everything, so a file from an unknown source is worth this pass.</remarks>
public static class WeightVerification
{
    private const int ChunkElements = 1 << 16;

    /// <summary>Checks that float tensors are finite and that packed codes keep to <see cref="WeightPacking"/>.</summary>
    /// <param name="model">The model.</param>
    /// <param name="progress">Told the bytes read and the bytes in all; null for nobody.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="CheckpointFormatException">A value is wrong; the message names the tensor and the element.</exception>
    public static void Check(TransformerModel model, Action<long, long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        Dictionary<string, QuantizedLinear> codes = model.Linears.OfType<QuantizedLinear>().ToDictionary(linear => linear.Name + ".codes");
        long done = 0;
        foreach (Tensor tensor in model.Store.Tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            if (codes.TryGetValue(tensor.Name, out QuantizedLinear? linear))
            {
                if (WeightPacking.Validate(linear.Weights.AsPacked()) is { } wrong)
                {
                    throw tensor.Wrong(wrong.Problem);
                }
            }
            else if (tensor.Type is TensorType.F64 or TensorType.F32 or TensorType.F16 or TensorType.BF16)
            {
                RequireFinite(tensor, cancellation);
            }

            done += tensor.ByteLength;
            progress?.Invoke(done, model.Store.ByteLength);
        }
    }

    private static void RequireFinite(Tensor tensor, CancellationToken cancellation)
    {
        float[] chunk = ArrayPool<float>.Shared.Rent(ChunkElements);
        try
        {
            for (long first = 0; first < tensor.ElementCount; first += ChunkElements)
            {
                cancellation.ThrowIfCancellationRequested();
                Span<float> values = chunk.AsSpan(0, (int)Math.Min(ChunkElements, tensor.ElementCount - first));
                tensor.ReadAsFloat(first, values);
                if (!float.IsFinite(TensorPrimitives.MaxMagnitude<float>(values)))
                {
                    int at = 0;
                    while (float.IsFinite(values[at]))
                    {
                        at++;
                    }

                    throw tensor.Wrong($"element {first + at} is {values[at]}; weights must be finite");
                }
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(chunk);
        }
    }
}
