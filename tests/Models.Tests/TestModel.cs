using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models.Devices;

namespace OutlierQuant.Models.Tests;

/// <summary>An open model with its own threads.</summary>
internal sealed class TestModel : IDisposable
{
    private TestModel(TransformerModel model) => Model = model;

    public TransformerModel Model { get; }

    public static TestModel Open(string directory, int threads = 2, KernelSuite? suite = null, ModelDevice? device = null)
    {
        WorkerTeam team = new(threads);
        try
        {
            return new TestModel(TransformerModel.Open(directory, new ComputeContext(suite ?? KernelSuite.Choose(), team) { Device = device }));
        }
        catch
        {
            team.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Model.Dispose();
        Model.Context.Team.Dispose();
    }
}
