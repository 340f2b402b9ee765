namespace OutlierQuant.Training.Parameters;

/// <summary>One matrix or vector that is trained: a stretch of the set's values, gradients and moments.</summary>
/// <param name="set">What holds the numbers.</param>
/// <param name="kind">What it does.</param>
/// <param name="offset">Where it begins in the set.</param>
/// <param name="rows">Number of rows; 1 for a vector.</param>
/// <param name="columns">Number of columns.</param>
internal sealed class Parameter(ParameterSet set, ParameterKind kind, int offset, int rows, int columns)
{
    public ParameterKind Kind => kind;

    public int Offset => offset;

    public int Rows => rows;

    public int Columns => columns;

    public int Length => rows * columns;

    /// <summary>Gets the numbers. Shape [rows, columns].</summary>
    public Memory<float> Values => set.Values.AsMemory(offset, Length);

    /// <summary>Gets the loss's derivative by each. Shape [rows, columns].</summary>
    public Memory<float> Gradient => set.Gradients.AsMemory(offset, Length);

    /// <summary>Gets whether weight decay applies: to matrices and embeddings, and not to norms, biases and what stands in front of every window.</summary>
    public bool Decays => kind is ParameterKind.Embedding or ParameterKind.Positions or ParameterKind.QueryKeyValue
        or ParameterKind.AttentionOutput or ParameterKind.MlpInput or ParameterKind.MlpOutput;
}
