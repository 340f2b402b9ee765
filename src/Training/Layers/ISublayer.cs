namespace OutlierQuant.Training.Layers;

/// <summary>A branch of a block without its norms: attention, or the MLP. Keeps what its backward pass needs.</summary>
internal interface ISublayer
{
    /// <summary>Gets the floats that are kept for the backward pass.</summary>
    long KeptFloats { get; }

    /// <summary>Computes what the branch adds to the residual stream.</summary>
    /// <param name="x">What the branch reads. Shape [rows, hiddenSize].</param>
    /// <param name="windows">Number of windows; each is the same number of rows.</param>
    /// <param name="y">Receives the result. Shape [rows, hiddenSize].</param>
    void Forward(ReadOnlyMemory<float> x, int windows, Memory<float> y);

    /// <summary>Computes the derivatives by the parameters and by x.</summary>
    /// <param name="x">What <see cref="Forward"/> read. Shape [rows, hiddenSize].</param>
    /// <param name="dy">The derivative by its result. Shape [rows, hiddenSize].</param>
    /// <param name="windows">Number of windows.</param>
    /// <param name="dx">Receives the derivative by x. Shape [rows, hiddenSize].</param>
    void Backward(ReadOnlyMemory<float> x, ReadOnlyMemory<float> dy, int windows, Memory<float> dx);
}
