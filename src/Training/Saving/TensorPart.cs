using OutlierQuant.Training.Parameters;

namespace OutlierQuant.Training.Saving;

/// <summary>A tensor of a checkpoint: some rows of a parameter, under a name.</summary>
/// <param name="Name">Name of the tensor.</param>
/// <param name="Parameter">The parameter.</param>
/// <param name="FirstRow">First row of the parameter; for a vector, which is one row, its first element.</param>
/// <param name="Shape">Shape of the tensor, outermost dimension first.</param>
/// <param name="IsTransposed">Whether the checkpoint has the matrix transposed.</param>
internal sealed record TensorPart(string Name, Parameter Parameter, int FirstRow, long[] Shape, bool IsTransposed)
{
    private int Length => (int)Shape.Aggregate(1L, (product, size) => product * size);

    private int Offset => Shape.Length == 1 ? FirstRow : FirstRow * Parameter.Columns;

    /// <summary>Reads the tensor from values, or gradients, or moments, of the parameter.</summary>
    /// <param name="source">Shape [rows, columns] of the parameter.</param>
    public float[] Read(ReadOnlySpan<float> source)
    {
        float[] tensor = source.Slice(Offset, Length).ToArray();
        if (!IsTransposed)
        {
            return tensor;
        }

        float[] transposed = new float[tensor.Length];
        Numerics.Transposition.Copy(tensor, (int)Shape[1], (int)Shape[0], transposed);
        return transposed;
    }
}
