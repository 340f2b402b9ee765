using OutlierQuant.Models.Linears;

namespace OutlierQuant.Quantizers.Plans;

/// <summary>The names of activation widths and granularities in plans and in <c>config.json</c>.</summary>
internal static class ActivationName
{
    /// <summary>Activations in float have no scale.</summary>
    public const string None = "none";

    /// <summary>One scale from calibration.</summary>
    public const string TensorStatic = "tensor-static";

    /// <summary>One scale per window at run time.</summary>
    public const string Tensor = "tensor";

    /// <summary>One scale per token at run time.</summary>
    public const string Token = "token";

    /// <summary>Returns the name of a granularity.</summary>
    public static string Of(ActivationGranularity granularity) => granularity switch
    {
        ActivationGranularity.Float => None,
        ActivationGranularity.TensorStatic => TensorStatic,
        ActivationGranularity.Tensor => Tensor,
        ActivationGranularity.Token => Token,
        _ => throw new ArgumentOutOfRangeException(nameof(granularity), granularity, "Not an activation granularity."),
    };

    /// <summary>Finds a granularity by its name.</summary>
    /// <exception cref="ArgumentException">There is no such granularity.</exception>
    public static ActivationGranularity Parse(string name) => name switch
    {
        None => ActivationGranularity.Float,
        TensorStatic => ActivationGranularity.TensorStatic,
        Tensor => ActivationGranularity.Tensor,
        Token => ActivationGranularity.Token,
        _ => throw new ArgumentException($"There is no activation scale '{name}'; a plan has none, tensor-static, tensor or token."),
    };

    /// <summary>Returns the name of a width: 16 is float.</summary>
    public static string OfBits(int bits) => bits == 16 ? "float" : $"int{bits}";

    /// <summary>Finds a width by its name.</summary>
    /// <exception cref="ArgumentException">There is no such width.</exception>
    public static int ParseBits(string name) => name switch
    {
        "float" => 16,
        "int8" => 8,
        "int4" => 4,
        _ => throw new ArgumentException($"There are no '{name}' activations; a plan has float, int8 or int4."),
    };
}
