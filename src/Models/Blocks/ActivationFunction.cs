using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Numerics;

namespace OutlierQuant.Models.Blocks;

/// <summary>The nonlinear function of an MLP, applied in place.</summary>
internal abstract class ActivationFunction
{
    private static readonly Dictionary<string, ActivationFunction> ByName = new()
    {
        ["silu"] = new Of<Silu>(DeviceFunction.Silu),
        ["gelu"] = new Of<Gelu>(DeviceFunction.Gelu),
        ["gelu_new"] = new Of<GeluTanh>(DeviceFunction.GeluTanh),
        ["gelu_pytorch_tanh"] = new Of<GeluTanh>(DeviceFunction.GeluTanh),
        ["relu"] = new Of<Relu>(DeviceFunction.Relu),
    };

    /// <summary>Finds the function that a configuration names.</summary>
    /// <exception cref="CheckpointFormatException">There is none of that name.</exception>
    public static ActivationFunction Find(ModelConfig config) =>
        ByName.TryGetValue(config.Activation, out ActivationFunction? function)
            ? function
            : throw new CheckpointFormatException(
                config.Path, 0, $"the activation function '{config.Activation}' is unknown; known are {string.Join(", ", ByName.Keys)}");

    /// <summary>Puts <c>f(values[i]) · factor[i]</c> in the place of every value; without a factor, f(values[i]).</summary>
    public abstract void Apply(Span<float> values, ReadOnlySpan<float> factor);

    /// <summary>Gets what a device calls it.</summary>
    public abstract DeviceFunction OnDevice { get; }

    private sealed class Of<TFunction>(DeviceFunction onDevice) : ActivationFunction
        where TFunction : struct, ILanewise
    {
        public override DeviceFunction OnDevice => onDevice;

        public override void Apply(Span<float> values, ReadOnlySpan<float> factor) => Lanewise.Apply<TFunction>(values, factor);
    }

    /// <summary><c>x / (1 + e^−x)</c>.</summary>
    private readonly struct Silu : ILanewise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Invoke(Vector256<float> x) => x / (Vector256<float>.One + VectorExponential.Of(-x));
    }

    /// <summary><c>x/2 · (1 + tanh(u))</c> with <c>u = √(2/π) · (x + 0.044715·x³)</c>, which is <c>x / (1 + e^−2u)</c>; Hendrycks and Gimpel, arXiv:1606.08415, section 2.</summary>
    private readonly struct GeluTanh : ILanewise
    {
        private const float CubeShare = 0.044715f;
        private const float MinusTwoRootsOfTwoByPi = -2 * 0.7978845608028654f;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Invoke(Vector256<float> x)
        {
            Vector256<float> u = x * ((x * x * CubeShare) + Vector256<float>.One);
            return x / (Vector256<float>.One + VectorExponential.Of(u * MinusTwoRootsOfTwoByPi));
        }
    }

    /// <summary><c>x/2 · (1 + erf(x/√2))</c>; Hendrycks and Gimpel, arXiv:1606.08415, section 2.</summary>
    private readonly struct Gelu : ILanewise
    {
        public static Vector256<float> Invoke(Vector256<float> x)
        {
            Span<float> lanes = stackalloc float[Vector256<float>.Count];
            x.CopyTo(lanes);
            foreach (ref float lane in lanes)
            {
                lane = (float)(lane / 2.0 * (1 + Erf(lane / Math.Sqrt(2))));
            }

            return Vector256.Create<float>(lanes);
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
    private readonly struct Relu : ILanewise
    {
        public static Vector256<float> Invoke(Vector256<float> x) => Vector256.Max(x, Vector256<float>.Zero);
    }
}
