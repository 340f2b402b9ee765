using System.Runtime.Intrinsics;
using Xunit;

namespace OutlierQuant.Kernels.Tests;

/// <summary>A test of 512-bit vectors that takes many minutes one lane at a time, skipped where the process has no vector hardware.</summary>
public sealed class VectorFactAttribute : FactAttribute
{
    internal const string TooSlow = "this process has no vector hardware, and one lane at a time this takes many minutes";

    public VectorFactAttribute() => Skip = Vector128.IsHardwareAccelerated ? null : TooSlow;
}
