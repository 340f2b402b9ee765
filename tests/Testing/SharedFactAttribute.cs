using Xunit;

namespace OutlierQuant.Testing;

/// <summary>A test that needs <see cref="SharedData"/>: skipped, with the reason, where it is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedFactAttribute : FactAttribute
{
    /// <summary>Initializes the attribute.</summary>
    public SharedFactAttribute() => Skip = SharedData.SkipReason;
}
