using Xunit;

namespace OutlierQuant.Testing;

/// <summary>A theory that needs <see cref="SharedData"/>: skipped, with the reason, where it is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedTheoryAttribute : TheoryAttribute
{
    /// <summary>Initializes the attribute.</summary>
    public SharedTheoryAttribute() => Skip = SharedData.SkipReason;
}
