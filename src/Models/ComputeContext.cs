using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models.Devices;

namespace OutlierQuant.Models;

/// <summary>What a forward pass computes with. The only place that knows which kernels run and on how many threads.</summary>
/// <param name="Suite">The kernels.</param>
/// <param name="Team">The threads. Their number never changes a result.</param>
public sealed record ComputeContext(KernelSuite Suite, WorkerTeam Team)
{
    /// <summary>Gets the device that blocks and logits are computed on; null for the CPU.</summary>
    public ModelDevice? Device { get; init; }

    /// <summary>Gets what adds up the time of each part; null measures nothing.</summary>
    public ForwardTiming? Timing { get; init; }

    /// <summary>Counts the time until the clock is disposed for a part.</summary>
    /// <param name="part">The part.</param>
    public PartClock Measure(ForwardPart part) => new(Timing, part);
}
