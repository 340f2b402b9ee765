namespace OutlierQuant.Kernels.Tests;

/// <summary>Takes the place of xunit's attribute in the conformance tests, whose namespaces lie in this one: where there is no device, a theory is one skipped case with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TheoryAttribute : Xunit.TheoryAttribute
{
    public TheoryAttribute() => Skip = TestedDevices.NoneBecause;
}
