using System.Diagnostics;

namespace OutlierQuant.Checkpoints;

/// <summary>Sizes and file names of tensor types.</summary>
public static class TensorTypeExtensions
{
    internal static readonly string AllNames = string.Join(", ", Enum.GetValues<TensorType>().Select(StoredName));

    /// <summary>Gets the size of one element, in bytes.</summary>
    public static int ByteSize(this TensorType type) => type switch
    {
        TensorType.F64 or TensorType.I64 => 8,
        TensorType.F32 or TensorType.I32 => 4,
        TensorType.F16 or TensorType.BF16 or TensorType.I16 => 2,
        TensorType.I8 or TensorType.U8 or TensorType.Bool => 1,
        _ => throw new UnreachableException(),
    };

    /// <summary>Gets the name that a safetensors header uses, for example <c>BF16</c>.</summary>
    public static string StoredName(this TensorType type) => type == TensorType.Bool ? "BOOL" : type.ToString();

    internal static bool TryParse(string name, out TensorType type)
    {
        foreach (TensorType candidate in Enum.GetValues<TensorType>())
        {
            if (candidate.StoredName() == name)
            {
                type = candidate;
                return true;
            }
        }

        type = default;
        return false;
    }
}
