using OutlierQuant.Checkpoints;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;
using OutlierQuant.Testing;

namespace OutlierQuant.Quantizers.Tests;

/// <summary>A linear over a file of its own, named <c>layer</c>.</summary>
internal sealed class StoredLinear : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TensorStore _store;

    public StoredLinear(float[,] weights, TensorType type, bool transposed, int threads)
    {
        int rows = weights.GetLength(0);
        int columns = weights.GetLength(1);
        float[] values = new float[weights.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                values[transposed ? (column * rows) + row : (row * columns) + column] = weights[row, column];
            }
        }

        string path = _directory.File("model.safetensors");
        SafetensorsWriter.Write(path, [RandomMatrix.ToTensor("layer.weight", type, transposed ? [columns, rows] : [rows, columns], values)]);
        _store = TensorStore.Open(path);
        Linear = new FloatLinear("layer", 0, LinearRole.Up, _store.Require("layer.weight"), transposed, null);
        Context = new ComputeContext(KernelSuite.Choose(), new WorkerTeam(threads));
    }

    public FloatLinear Linear { get; }

    public ComputeContext Context { get; }

    public void Dispose()
    {
        Context.Team.Dispose();
        _store.Dispose();
        _directory.Dispose();
    }
}
