using System.Runtime.Intrinsics;

namespace OutlierQuant.Models.Numerics;

/// <summary>A function of one number, applied to every lane of a vector.</summary>
internal interface ILanewise
{
    /// <summary>Applies the function.</summary>
    static abstract Vector256<float> Invoke(Vector256<float> x);
}
