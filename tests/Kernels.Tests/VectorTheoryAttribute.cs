using System.Runtime.Intrinsics;
using Xunit;

namespace OutlierQuant.Kernels.Tests;

/// <inheritdoc cref="VectorFactAttribute"/>
public sealed class VectorTheoryAttribute : TheoryAttribute
{
    public VectorTheoryAttribute() => Skip = Vector128.IsHardwareAccelerated ? null : VectorFactAttribute.TooSlow;
}
