using OutlierQuant.Checkpoints;

namespace OutlierQuant.Quantizers.Tests;

/// <summary>Random weights that the type they are stored in holds exactly.</summary>
internal static class RandomMatrix
{
    public static float[,] Create(int rows, int columns, int seed, TensorType type = TensorType.F32, float scale = 1)
    {
        var random = new Random(seed);
        float[,] matrix = new float[rows, columns];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                matrix[row, column] = Narrow(scale * ((2 * random.NextSingle()) - 1), type);
            }
        }

        return matrix;
    }

    public static float Narrow(float value, TensorType type) => type switch
    {
        TensorType.F16 => (float)(Half)value,
        TensorType.BF16 => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000),
        _ => value,
    };

    /// <summary>Makes a tensor of numbers that its type holds exactly.</summary>
    public static TensorToWrite ToTensor(string name, TensorType type, long[] shape, float[] values) => type switch
    {
        TensorType.F16 => TensorToWrite.From<Half>(name, type, shape, Array.ConvertAll(values, value => (Half)value)),
        TensorType.BF16 => TensorToWrite.From<ushort>(name, type, shape, Array.ConvertAll(values, value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))),
        _ => TensorToWrite.From<float>(name, type, shape, values),
    };
}
