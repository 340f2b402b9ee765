using OutlierQuant.Checkpoints;

namespace OutlierQuant.Models.Loading;

/// <summary>The tensors of a checkpoint, with a note of which a model has taken, so that a leftover is found.</summary>
internal sealed class UsedTensors(TensorStore store)
{
    private readonly HashSet<string> _used = [];

    public TensorStore Store => store;

    /// <summary>Gets the number of elements read by <see cref="ReadVector"/> and <see cref="ReadFiniteTable"/>.</summary>
    public long VectorElements { get; private set; }

    /// <summary>Takes a tensor of a given shape.</summary>
    public Tensor Require(string name, params ReadOnlySpan<long> shape)
    {
        _used.Add(name);
        return store.Require(name, shape);
    }

    /// <summary>Takes a table of floating-point numbers of a given shape, which stays in mapped memory.</summary>
    public Tensor RequireTable(string name, params ReadOnlySpan<long> shape)
    {
        Tensor tensor = Require(name, shape);
        return tensor.Type is TensorType.F64 or TensorType.F32 or TensorType.F16 or TensorType.BF16
            ? tensor
            : throw tensor.Wrong($"the type is {tensor.Type}; F64, F32, F16 or BF16 is needed");
    }

    /// <summary>Takes a tensor of a given type and shape.</summary>
    public Tensor RequireOfType(string name, TensorType type, params ReadOnlySpan<long> shape)
    {
        Tensor tensor = Require(name, shape);
        return tensor.Type == type ? tensor : throw tensor.Wrong($"the type is {tensor.Type}; {type} is needed");
    }

    /// <summary>Takes a tensor of a given type and shape if the checkpoint has it.</summary>
    public Tensor? Find(string name, TensorType type, params ReadOnlySpan<long> shape) => store.TryGet(name, out _) ? RequireOfType(name, type, shape) : null;

    /// <summary>Takes a vector of floating-point numbers, widened to float.</summary>
    public float[] ReadVector(string name, int size) => Read(Require(name, size));

    /// <summary>Takes a small table of finite numbers, widened to float. Shape [rows, columns].</summary>
    public float[] ReadFiniteTable(string name, int rows, int columns)
    {
        Tensor tensor = Require(name, rows, columns);
        return RequireFinite(tensor, Read(tensor));
    }

    /// <summary>Gives the elements back, or throws if one of them is not finite.</summary>
    public static float[] RequireFinite(Tensor tensor, float[] elements)
    {
        int wrong = Array.FindIndex(elements, value => !float.IsFinite(value));
        return wrong < 0 ? elements : throw tensor.Wrong($"element {wrong} is {elements[wrong]}; constants must be finite");
    }

    /// <summary>Throws if a block holds a tensor that nothing has taken: the model would be computed without a part of it.</summary>
    public void RefuseUnused(string blockPrefix, IReadOnlyList<string> ignored, string architecture)
    {
        foreach (Tensor tensor in store.Tensors)
        {
            if (tensor.Name.StartsWith(blockPrefix, StringComparison.Ordinal)
                && !_used.Contains(tensor.Name)
                && !ignored.Any(name => tensor.Name.EndsWith($".{name}", StringComparison.Ordinal)))
            {
                throw tensor.Wrong($"the tensor is not a part of a block of {architecture} with this configuration; blocks must hold only what the model computes with");
            }
        }
    }

    private float[] Read(Tensor tensor)
    {
        float[] values = new float[tensor.ElementCount];
        tensor.ReadAsFloat(0, values);
        VectorElements += values.Length;
        return values;
    }
}
