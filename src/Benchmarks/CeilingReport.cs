using System.Diagnostics.CodeAnalysis;

namespace OutlierQuant.Benchmarks;

/// <summary>The most that this machine does, measured in the same run as the kernels.</summary>
/// <param name="DramRead">Reading memory.</param>
/// <param name="F32">Multiply-adds of binary32 numbers.</param>
/// <param name="Bf16">Multiply-adds of bfloat16 numbers; where no instruction for them runs, those of <paramref name="F32"/>.</param>
/// <param name="Int8">Multiply-adds of int8 codes.</param>
/// <param name="Int4">Multiply-adds of int8 codes with codes of at most 4 bits.</param>
[SuppressMessage("Naming", "CA1720", Justification = "The glossary and the files call the codes int8.")]
public sealed record CeilingReport(MemoryCeiling DramRead, ArithmeticCeiling F32, ArithmeticCeiling Bf16, ArithmeticCeiling Int8, ArithmeticCeiling Int4);
