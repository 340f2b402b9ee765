using System.Buffers.Binary;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.Tests.MachineCode;
using Xunit;

namespace OutlierQuant.Kernels.Tests.FloatMatmul;

/// <summary>Activations and weights of one product, and the kernels to try it on.</summary>
internal sealed class FloatMatmulCase
{
    private readonly float[] _weights;

    private FloatMatmulCase(FloatType type, bool isTransposed, int tokens, int rows, int columns)
    {
        Type = type;
        IsTransposed = isTransposed;
        Tokens = tokens;
        Rows = rows;
        Columns = columns;
        Source = new float[tokens * columns];
        _weights = new float[rows * columns];
        Elements = new byte[rows * columns * ElementSize];
    }

    /// <summary>The kernels to try it on.</summary>
    public static IReadOnlyDictionary<string, IFloatMatmulKernel> Kernels => FloatMatmulKernels.All;

    /// <summary>Every element type in both layouts.</summary>
    public static IEnumerable<(FloatType Type, bool IsTransposed)> Storages =>
        from type in Enum.GetValues<FloatType>() from isTransposed in (bool[])[false, true] select (type, isTransposed);

    public FloatType Type { get; }

    public bool IsTransposed { get; }

    public int Tokens { get; }

    public int Rows { get; }

    public int Columns { get; }

    public float[] Source { get; }

    public byte[] Elements { get; }

    public FloatWeights Weights => Over(Elements);

    private int ElementSize => Type == FloatType.F32 ? 4 : 2;

    public static FloatMatmulCase Random(int seed, FloatType type, bool isTransposed, int tokens, int rows, int columns)
    {
        FloatMatmulCase product = new(type, isTransposed, tokens, rows, columns);
        Random random = new(seed);
        for (int i = 0; i < product.Source.Length; i++)
        {
            product.Source[i] = (random.NextSingle() - 0.5f) * 4;
        }

        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                product.SetWeight(r, c, (random.NextSingle() - 0.5f) * 2);
            }
        }

        return product;
    }

    public FloatWeights Over(ReadOnlySpan<byte> elements) => new() { Elements = elements, Type = Type, Rows = Rows, Columns = Columns, IsTransposed = IsTransposed };

    /// <summary>Stores a weight, rounded to the element type.</summary>
    public void SetWeight(int row, int column, float value)
    {
        Span<byte> place = Elements.AsSpan((IsTransposed ? (column * Rows) + row : (row * Columns) + column) * ElementSize);
        ref float stored = ref _weights[(row * Columns) + column];
        switch (Type)
        {
            case FloatType.F32:
                stored = value;
                BinaryPrimitives.WriteSingleLittleEndian(place, value);
                break;
            case FloatType.F16:
                stored = (float)(Half)value;
                BinaryPrimitives.WriteHalfLittleEndian(place, (Half)value);
                break;
            default:
                uint upper = BitConverter.SingleToUInt32Bits(value) >> 16;
                stored = BitConverter.UInt32BitsToSingle(upper << 16);
                BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)upper);
                break;
        }
    }

    public float[] Multiply(IFloatMatmulKernel kernel)
    {
        float[] destination = new float[Tokens * Rows];
        if (kernel.NeedsOwnThreads(Type, Tokens))
        {
            OwnThread.Run(() => kernel.Multiply(Source, Tokens, Weights, 0, Rows, destination));
        }
        else
        {
            kernel.Multiply(Source, Tokens, Weights, 0, Rows, destination);
        }

        return destination;
    }

    /// <summary>Checks each element against a sum in binary64 of the weights as they were set: a second definition, so that the reference is under test too.</summary>
    public void AssertClose(ReadOnlySpan<float> actual, FloatPrecision precision = FloatPrecision.F32)
    {
        for (int i = 0; i < actual.Length; i++)
        {
            (double sum, double absoluteSum) = Define(i);
            double allowed = FloatMatmulTolerance.Of(Columns, absoluteSum, precision);
            if (!(Math.Abs(actual[i] - sum) <= allowed))
            {
                Assert.Fail($"{Type}, transposed {IsTransposed}, {Tokens} tokens, [{Rows}, {Columns}], element {i}: {actual[i]:R} is not within {allowed:R} of {sum:R}.");
            }
        }
    }

    /// <summary>Computes the root of the mean of <c>(error / Σ|source · weight|)²</c> over all elements, against binary64.</summary>
    public double RootMeanSquareError(ReadOnlySpan<float> actual)
    {
        double squares = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            (double sum, double absoluteSum) = Define(i);
            squares += Math.Pow((actual[i] - sum) / absoluteSum, 2);
        }

        return Math.Sqrt(squares / actual.Length);
    }

    private (double Sum, double AbsoluteSum) Define(int element)
    {
        double sum = 0, absoluteSum = 0;
        int x = element / Rows * Columns, w = element % Rows * Columns;
        for (int c = 0; c < Columns; c++)
        {
            double product = (double)Source[x + c] * _weights[w + c];
            sum += product;
            absoluteSum += Math.Abs(product);
        }

        return (sum, absoluteSum);
    }
}
