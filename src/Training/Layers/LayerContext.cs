using OutlierQuant.Models;

namespace OutlierQuant.Training.Layers;

/// <summary>What every layer computes with.</summary>
/// <param name="Compute">Kernels and threads.</param>
/// <param name="Workspace">Memory that layers share.</param>
internal sealed record LayerContext(ComputeContext Compute, Workspace Workspace)
{
    /// <summary>Shares rows out over the threads.</summary>
    public void ForRows(int rows, Action<int, int> body) => Compute.Team.Run(rows, 4, body);
}
