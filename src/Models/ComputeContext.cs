using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Models;

/// <summary>What a forward pass computes with. The only place that knows which kernels run and on how many threads.</summary>
/// <param name="Suite">The kernels.</param>
/// <param name="Team">The threads. Their number never changes a result.</param>
public sealed record ComputeContext(KernelSuite Suite, WorkerTeam Team);
