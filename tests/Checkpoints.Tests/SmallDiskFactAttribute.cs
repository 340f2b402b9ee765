using Xunit;

namespace OutlierQuant.Checkpoints.Tests;

/// <summary>A test that needs a <see cref="SmallDisk"/>: skipped, with the reason, where there can be none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = SmallDisk.Obstacle;
}
