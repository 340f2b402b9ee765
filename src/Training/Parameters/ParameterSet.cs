namespace OutlierQuant.Training.Parameters;

/// <summary>All parameters of a model, one behind the other, so that the optimizer passes over them as one array.</summary>
internal sealed class ParameterSet
{
    private readonly List<Parameter> _parameters = [];
    private long _count;

    /// <summary>Gets the parameters in the order of the arrays.</summary>
    public IReadOnlyList<Parameter> All => _parameters;

    /// <summary>Gets the number of trained numbers.</summary>
    public int Count => (int)_count;

    /// <summary>Gets the numbers. Shape [count].</summary>
    public float[] Values { get; private set; } = [];

    /// <summary>Gets the loss's derivative by each. Shape [count].</summary>
    public float[] Gradients { get; private set; } = [];

    /// <summary>Adds a parameter, before <see cref="Allocate"/>.</summary>
    /// <exception cref="ArgumentException">All together are more than an array can hold.</exception>
    public Parameter Add(ParameterKind kind, int rows, int columns)
    {
        Parameter parameter = new(this, kind, (int)_count, rows, columns);
        _count += (long)rows * columns;
        if (_count > Array.MaxLength)
        {
            throw new ArgumentException($"The model has more than {Array.MaxLength} parameters; make it smaller.");
        }

        _parameters.Add(parameter);
        return parameter;
    }

    /// <summary>Reserves the arrays, all zero.</summary>
    public void Allocate()
    {
        Values = new float[_count];
        Gradients = new float[_count];
    }
}
