using System.Diagnostics.CodeAnalysis;

namespace OutlierQuant.Kernels;

/// <summary>How the codes of a weight matrix are packed.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "int8 is what the field, the checkpoints and the command line call this format.")]
public enum WeightFormat
{
    /// <summary>One signed byte a code, −127…127.</summary>
    Int8,

    /// <summary>Two codes a byte, −7…7.</summary>
    Int4,

    /// <summary>Four codes a byte, −1…1.</summary>
    Ternary,
}
