using System.Numerics.Tensors;
using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;

namespace OutlierQuant.Models.Blocks;

/// <summary>The nonlinear function of an MLP, applied in place.</summary>
internal abstract class ActivationFunction
{
    private static readonly Dictionary<string, ActivationFunction> ByName = new()
    {
        ["silu"] = new Silu(),
        ["gelu"] = new Gelu(),
        ["gelu_new"] = new GeluTanh(),
        ["gelu_pytorch_tanh"] = new GeluTanh(),
        ["relu"] = new Relu(),
    };

    /// <summary>Finds the function that a configuration names.</summary>
    /// <exception cref="CheckpointFormatException">There is none of that name.</exception>
    public static ActivationFunction Find(ModelConfig config) =>
        ByName.TryGetValue(config.Activation, out ActivationFunction? function)
            ? function
            : throw new CheckpointFormatException(
                config.Path, 0, $"the activation function '{config.Activation}' is unknown; known are {string.Join(", ", ByName.Keys)}");

    /// <summary>Applies the function to every value.</summary>
    public void Apply(Span<float> values)
    {
        Span<float> scratch = stackalloc float[512];
        while (!values.IsEmpty)
        {
            int count = Math.Min(values.Length, scratch.Length);
            Apply(values[..count], scratch[..count]);
            values = values[count..];
        }
    }

    /// <summary>Applies the function to a piece; the scratch has the same length.</summary>
    protected abstract void Apply(Span<float> values, Span<float> scratch);

    /// <summary><c>x / (1 + e^−x)</c>.</summary>
    private sealed class Silu : ActivationFunction
    {
        protected override void Apply(Span<float> values, Span<float> scratch)
        {
            TensorPrimitives.Sigmoid(values, scratch);
            TensorPrimitives.Multiply(values, scratch, values);
        }
    }

    /// <summary><c>x/2 · (1 + tanh(√(2/π) · (x + 0.044715·x³)))</c>; Hendrycks and Gimpel, arXiv:1606.08415, section 2.</summary>
    private sealed class GeluTanh : ActivationFunction
    {
        protected override void Apply(Span<float> values, Span<float> scratch)
        {
            const float CubeShare = 0.044715f;
            const float RootOfTwoByPi = 0.7978845608028654f;
            TensorPrimitives.Multiply(values, values, scratch);
            TensorPrimitives.Multiply(scratch, CubeShare, scratch);
            TensorPrimitives.Add(scratch, 1f, scratch);
            TensorPrimitives.Multiply(scratch, values, scratch);
            TensorPrimitives.Multiply(scratch, RootOfTwoByPi, scratch);
            TensorPrimitives.Tanh(scratch, scratch);
            TensorPrimitives.Add(scratch, 1f, scratch);
            TensorPrimitives.Multiply(values, 0.5f, values);
            TensorPrimitives.Multiply(values, scratch, values);
        }
    }

    /// <summary><c>x/2 · (1 + erf(x/√2))</c>; Hendrycks and Gimpel, arXiv:1606.08415, section 2.</summary>
    private sealed class Gelu : ActivationFunction
    {
        protected override void Apply(Span<float> values, Span<float> scratch)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)(values[i] / 2.0 * (1 + Erf(values[i] / Math.Sqrt(2))));
            }
        }

        /// <summary><c>2/√π · e^(−z²) · Σ_n 2^n · z^(2n+1) / (1·3·…·(2n+1))</c>; all terms have one sign, so nothing cancels.</summary>
        private static double Erf(double z)
        {
            // From 6 on the function is 1 in binary64.
            if (!(Math.Abs(z) < 6))
            {
                return double.IsNaN(z) ? z : Math.Sign(z);
            }

            double term = z;
            double sum = 0;
            for (int n = 0; sum + term != sum; n++)
            {
                sum += term;
                term *= 2 * z * z / ((2 * n) + 3);
            }

            return 2 / Math.Sqrt(Math.PI) * Math.Exp(-z * z) * sum;
        }
    }

    /// <summary><c>max(x, 0)</c>; NaN stays NaN.</summary>
    private sealed class Relu : ActivationFunction
    {
        protected override void Apply(Span<float> values, Span<float> scratch) => TensorPrimitives.Max(values, 0f, values);
    }
}
