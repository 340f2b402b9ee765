namespace OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;

/// <summary>One instruction.</summary>
/// <param name="Text">As PTX has it, for errors.</param>
/// <param name="Guard">Register that must be 1, or 0 where <paramref name="GuardIsNegated"/>; −1 for none.</param>
/// <param name="GuardIsNegated">Whether the guard must be 0.</param>
/// <param name="Run">What a lane does; null for instructions of a warp or a group.</param>
/// <param name="RunWarp">What the lanes of a warp do together; null for the others.</param>
/// <param name="IsBarrier">Whether the lanes of the group wait for each other.</param>
internal sealed record PtxInstruction(string Text, int Guard, bool GuardIsNegated, Action<PtxLane>? Run, Action<PtxLane[]>? RunWarp, bool IsBarrier)
{
    /// <summary>Whether a lane executes it.</summary>
    public bool Applies(PtxLane lane) => Guard < 0 || (lane.Registers[Guard] != 0) != GuardIsNegated;
}
