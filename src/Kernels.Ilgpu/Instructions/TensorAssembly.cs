using System.Runtime.CompilerServices;
using ILGPU.Runtime.Cuda;

namespace OutlierQuant.Kernels.Ilgpu.Instructions;

/// <summary>The inline assembly of <see cref="TensorSums"/>.</summary>
/// <remarks>
/// <para>Sums stay in registers with names of their own, because ILGPU stores every result of inline assembly to memory: four stores for each <c>mma.sync</c>, more than the arithmetic takes.
/// A text of assembly cannot be put together while a kernel is compiled, so each of the eight fragments has its own. Fragment <c>4m + n</c> holds 16 tokens × 8 rows, four products a lane.</para>
/// </remarks>
internal static class TensorAssembly
{
    private const string Int8 = "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32";
    private const string F16 = "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32";

    // Four words of a lane's tokens, two of its rows.
    private const string Operands = "{%0, %1, %2, %3}, {%4, %5}";
    private const string Widen = "cvt.rn.f32.s32 wide,", Move = "mov.b32 wide,", Clear = "mov.b32", Fma = "fma.rn.f32", Multiply = "mul.rn.f32", Read = "mov.b32";

    private const string Sum0 = "{sum0, sum1, sum2, sum3}";
    private const string Sum1 = "{sum4, sum5, sum6, sum7}";
    private const string Sum2 = "{sum8, sum9, sum10, sum11}";
    private const string Sum3 = "{sum12, sum13, sum14, sum15}";
    private const string Sum4 = "{sum16, sum17, sum18, sum19}";
    private const string Sum5 = "{sum20, sum21, sum22, sum23}";
    private const string Sum6 = "{sum24, sum25, sum26, sum27}";
    private const string Sum7 = "{sum28, sum29, sum30, sum31}";

    /// <summary>Declares the registers. Once in a kernel, before anything else here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Declare()
    {
        CudaAsm.Emit(".reg .b32 sum<32>; .reg .f32 total<32>, wide;");
        CudaAsm.Emit("mov.b32 sum0, 0; mov.b32 sum1, 0; mov.b32 sum2, 0; mov.b32 sum3, 0; mov.b32 total0, 0; mov.b32 total1, 0; mov.b32 total2, 0; mov.b32 total3, 0;");
        CudaAsm.Emit("mov.b32 sum4, 0; mov.b32 sum5, 0; mov.b32 sum6, 0; mov.b32 sum7, 0; mov.b32 total4, 0; mov.b32 total5, 0; mov.b32 total6, 0; mov.b32 total7, 0;");
        CudaAsm.Emit("mov.b32 sum8, 0; mov.b32 sum9, 0; mov.b32 sum10, 0; mov.b32 sum11, 0; mov.b32 total8, 0; mov.b32 total9, 0; mov.b32 total10, 0; mov.b32 total11, 0;");
        CudaAsm.Emit("mov.b32 sum12, 0; mov.b32 sum13, 0; mov.b32 sum14, 0; mov.b32 sum15, 0; mov.b32 total12, 0; mov.b32 total13, 0; mov.b32 total14, 0; mov.b32 total15, 0;");
        CudaAsm.Emit("mov.b32 sum16, 0; mov.b32 sum17, 0; mov.b32 sum18, 0; mov.b32 sum19, 0; mov.b32 total16, 0; mov.b32 total17, 0; mov.b32 total18, 0; mov.b32 total19, 0;");
        CudaAsm.Emit("mov.b32 sum20, 0; mov.b32 sum21, 0; mov.b32 sum22, 0; mov.b32 sum23, 0; mov.b32 total20, 0; mov.b32 total21, 0; mov.b32 total22, 0; mov.b32 total23, 0;");
        CudaAsm.Emit("mov.b32 sum24, 0; mov.b32 sum25, 0; mov.b32 sum26, 0; mov.b32 sum27, 0; mov.b32 total24, 0; mov.b32 total25, 0; mov.b32 total26, 0; mov.b32 total27, 0;");
        CudaAsm.Emit("mov.b32 sum28, 0; mov.b32 sum29, 0; mov.b32 sum30, 0; mov.b32 sum31, 0; mov.b32 total28, 0; mov.b32 total29, 0; mov.b32 total30, 0; mov.b32 total31, 0;");
    }

    /// <summary>Adds the products of 16 tokens with 32 rows, as integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddInt8(int m, Words x, Pair w0, Pair w1, Pair w2, Pair w3)
    {
        if (m == 0)
        {
            CudaAsm.Emit($"{Int8} {Sum0}, {Operands}, {Sum0};", x.A, x.B, x.C, x.D, w0.A, w0.B);
            CudaAsm.Emit($"{Int8} {Sum1}, {Operands}, {Sum1};", x.A, x.B, x.C, x.D, w1.A, w1.B);
            CudaAsm.Emit($"{Int8} {Sum2}, {Operands}, {Sum2};", x.A, x.B, x.C, x.D, w2.A, w2.B);
            CudaAsm.Emit($"{Int8} {Sum3}, {Operands}, {Sum3};", x.A, x.B, x.C, x.D, w3.A, w3.B);
        }
        else
        {
            CudaAsm.Emit($"{Int8} {Sum4}, {Operands}, {Sum4};", x.A, x.B, x.C, x.D, w0.A, w0.B);
            CudaAsm.Emit($"{Int8} {Sum5}, {Operands}, {Sum5};", x.A, x.B, x.C, x.D, w1.A, w1.B);
            CudaAsm.Emit($"{Int8} {Sum6}, {Operands}, {Sum6};", x.A, x.B, x.C, x.D, w2.A, w2.B);
            CudaAsm.Emit($"{Int8} {Sum7}, {Operands}, {Sum7};", x.A, x.B, x.C, x.D, w3.A, w3.B);
        }
    }

    /// <summary>Adds the products of 16 tokens with 32 rows, as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddF16(int m, Words x, Pair w0, Pair w1, Pair w2, Pair w3)
    {
        if (m == 0)
        {
            CudaAsm.Emit($"{F16} {Sum0}, {Operands}, {Sum0};", x.A, x.B, x.C, x.D, w0.A, w0.B);
            CudaAsm.Emit($"{F16} {Sum1}, {Operands}, {Sum1};", x.A, x.B, x.C, x.D, w1.A, w1.B);
            CudaAsm.Emit($"{F16} {Sum2}, {Operands}, {Sum2};", x.A, x.B, x.C, x.D, w2.A, w2.B);
            CudaAsm.Emit($"{F16} {Sum3}, {Operands}, {Sum3};", x.A, x.B, x.C, x.D, w3.A, w3.B);
        }
        else
        {
            CudaAsm.Emit($"{F16} {Sum4}, {Operands}, {Sum4};", x.A, x.B, x.C, x.D, w0.A, w0.B);
            CudaAsm.Emit($"{F16} {Sum5}, {Operands}, {Sum5};", x.A, x.B, x.C, x.D, w1.A, w1.B);
            CudaAsm.Emit($"{F16} {Sum6}, {Operands}, {Sum6};", x.A, x.B, x.C, x.D, w2.A, w2.B);
            CudaAsm.Emit($"{F16} {Sum7}, {Operands}, {Sum7};", x.A, x.B, x.C, x.D, w3.A, w3.B);
        }
    }

    /// <summary>Adds sums of integers to the totals, times the scales of a lane's two rows, and starts them anew.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ScaleInt8(int n, float even, float odd)
    {
        if (n == 0)
        {
            CudaAsm.Emit($"{Widen} sum0; {Fma} total0, wide, %0, total0; {Clear} sum0, 0; {Widen} sum1; {Fma} total1, wide, %1, total1; {Clear} sum1, 0; {Widen} sum2; {Fma} total2, wide, %0, total2; {Clear} sum2, 0; {Widen} sum3; {Fma} total3, wide, %1, total3; {Clear} sum3, 0;", even, odd);
            CudaAsm.Emit($"{Widen} sum16; {Fma} total16, wide, %0, total16; {Clear} sum16, 0; {Widen} sum17; {Fma} total17, wide, %1, total17; {Clear} sum17, 0; {Widen} sum18; {Fma} total18, wide, %0, total18; {Clear} sum18, 0; {Widen} sum19; {Fma} total19, wide, %1, total19; {Clear} sum19, 0;", even, odd);
        }
        else if (n == 1)
        {
            CudaAsm.Emit($"{Widen} sum4; {Fma} total4, wide, %0, total4; {Clear} sum4, 0; {Widen} sum5; {Fma} total5, wide, %1, total5; {Clear} sum5, 0; {Widen} sum6; {Fma} total6, wide, %0, total6; {Clear} sum6, 0; {Widen} sum7; {Fma} total7, wide, %1, total7; {Clear} sum7, 0;", even, odd);
            CudaAsm.Emit($"{Widen} sum20; {Fma} total20, wide, %0, total20; {Clear} sum20, 0; {Widen} sum21; {Fma} total21, wide, %1, total21; {Clear} sum21, 0; {Widen} sum22; {Fma} total22, wide, %0, total22; {Clear} sum22, 0; {Widen} sum23; {Fma} total23, wide, %1, total23; {Clear} sum23, 0;", even, odd);
        }
        else if (n == 2)
        {
            CudaAsm.Emit($"{Widen} sum8; {Fma} total8, wide, %0, total8; {Clear} sum8, 0; {Widen} sum9; {Fma} total9, wide, %1, total9; {Clear} sum9, 0; {Widen} sum10; {Fma} total10, wide, %0, total10; {Clear} sum10, 0; {Widen} sum11; {Fma} total11, wide, %1, total11; {Clear} sum11, 0;", even, odd);
            CudaAsm.Emit($"{Widen} sum24; {Fma} total24, wide, %0, total24; {Clear} sum24, 0; {Widen} sum25; {Fma} total25, wide, %1, total25; {Clear} sum25, 0; {Widen} sum26; {Fma} total26, wide, %0, total26; {Clear} sum26, 0; {Widen} sum27; {Fma} total27, wide, %1, total27; {Clear} sum27, 0;", even, odd);
        }
        else
        {
            CudaAsm.Emit($"{Widen} sum12; {Fma} total12, wide, %0, total12; {Clear} sum12, 0; {Widen} sum13; {Fma} total13, wide, %1, total13; {Clear} sum13, 0; {Widen} sum14; {Fma} total14, wide, %0, total14; {Clear} sum14, 0; {Widen} sum15; {Fma} total15, wide, %1, total15; {Clear} sum15, 0;", even, odd);
            CudaAsm.Emit($"{Widen} sum28; {Fma} total28, wide, %0, total28; {Clear} sum28, 0; {Widen} sum29; {Fma} total29, wide, %1, total29; {Clear} sum29, 0; {Widen} sum30; {Fma} total30, wide, %0, total30; {Clear} sum30, 0; {Widen} sum31; {Fma} total31, wide, %1, total31; {Clear} sum31, 0;", even, odd);
        }
    }

    /// <summary>Adds sums of floats to the totals, times the scales of a lane's two rows, and starts them anew.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ScaleF16(int n, float even, float odd)
    {
        if (n == 0)
        {
            CudaAsm.Emit($"{Move} sum0; {Fma} total0, wide, %0, total0; {Clear} sum0, 0; {Move} sum1; {Fma} total1, wide, %1, total1; {Clear} sum1, 0; {Move} sum2; {Fma} total2, wide, %0, total2; {Clear} sum2, 0; {Move} sum3; {Fma} total3, wide, %1, total3; {Clear} sum3, 0;", even, odd);
            CudaAsm.Emit($"{Move} sum16; {Fma} total16, wide, %0, total16; {Clear} sum16, 0; {Move} sum17; {Fma} total17, wide, %1, total17; {Clear} sum17, 0; {Move} sum18; {Fma} total18, wide, %0, total18; {Clear} sum18, 0; {Move} sum19; {Fma} total19, wide, %1, total19; {Clear} sum19, 0;", even, odd);
        }
        else if (n == 1)
        {
            CudaAsm.Emit($"{Move} sum4; {Fma} total4, wide, %0, total4; {Clear} sum4, 0; {Move} sum5; {Fma} total5, wide, %1, total5; {Clear} sum5, 0; {Move} sum6; {Fma} total6, wide, %0, total6; {Clear} sum6, 0; {Move} sum7; {Fma} total7, wide, %1, total7; {Clear} sum7, 0;", even, odd);
            CudaAsm.Emit($"{Move} sum20; {Fma} total20, wide, %0, total20; {Clear} sum20, 0; {Move} sum21; {Fma} total21, wide, %1, total21; {Clear} sum21, 0; {Move} sum22; {Fma} total22, wide, %0, total22; {Clear} sum22, 0; {Move} sum23; {Fma} total23, wide, %1, total23; {Clear} sum23, 0;", even, odd);
        }
        else if (n == 2)
        {
            CudaAsm.Emit($"{Move} sum8; {Fma} total8, wide, %0, total8; {Clear} sum8, 0; {Move} sum9; {Fma} total9, wide, %1, total9; {Clear} sum9, 0; {Move} sum10; {Fma} total10, wide, %0, total10; {Clear} sum10, 0; {Move} sum11; {Fma} total11, wide, %1, total11; {Clear} sum11, 0;", even, odd);
            CudaAsm.Emit($"{Move} sum24; {Fma} total24, wide, %0, total24; {Clear} sum24, 0; {Move} sum25; {Fma} total25, wide, %1, total25; {Clear} sum25, 0; {Move} sum26; {Fma} total26, wide, %0, total26; {Clear} sum26, 0; {Move} sum27; {Fma} total27, wide, %1, total27; {Clear} sum27, 0;", even, odd);
        }
        else
        {
            CudaAsm.Emit($"{Move} sum12; {Fma} total12, wide, %0, total12; {Clear} sum12, 0; {Move} sum13; {Fma} total13, wide, %1, total13; {Clear} sum13, 0; {Move} sum14; {Fma} total14, wide, %0, total14; {Clear} sum14, 0; {Move} sum15; {Fma} total15, wide, %1, total15; {Clear} sum15, 0;", even, odd);
            CudaAsm.Emit($"{Move} sum28; {Fma} total28, wide, %0, total28; {Clear} sum28, 0; {Move} sum29; {Fma} total29, wide, %1, total29; {Clear} sum29, 0; {Move} sum30; {Fma} total30, wide, %0, total30; {Clear} sum30, 0; {Move} sum31; {Fma} total31, wide, %1, total31; {Clear} sum31, 0;", even, odd);
        }
    }

    /// <summary>Multiplies the totals by the scales of a lane's two tokens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ScaleTokens(int m, float upper, float lower)
    {
        if (m == 0)
        {
            CudaAsm.Emit($"{Multiply} total0, total0, %0; {Multiply} total1, total1, %0; {Multiply} total2, total2, %1; {Multiply} total3, total3, %1;", upper, lower);
            CudaAsm.Emit($"{Multiply} total4, total4, %0; {Multiply} total5, total5, %0; {Multiply} total6, total6, %1; {Multiply} total7, total7, %1;", upper, lower);
            CudaAsm.Emit($"{Multiply} total8, total8, %0; {Multiply} total9, total9, %0; {Multiply} total10, total10, %1; {Multiply} total11, total11, %1;", upper, lower);
            CudaAsm.Emit($"{Multiply} total12, total12, %0; {Multiply} total13, total13, %0; {Multiply} total14, total14, %1; {Multiply} total15, total15, %1;", upper, lower);
        }
        else
        {
            CudaAsm.Emit($"{Multiply} total16, total16, %0; {Multiply} total17, total17, %0; {Multiply} total18, total18, %1; {Multiply} total19, total19, %1;", upper, lower);
            CudaAsm.Emit($"{Multiply} total20, total20, %0; {Multiply} total21, total21, %0; {Multiply} total22, total22, %1; {Multiply} total23, total23, %1;", upper, lower);
            CudaAsm.Emit($"{Multiply} total24, total24, %0; {Multiply} total25, total25, %0; {Multiply} total26, total26, %1; {Multiply} total27, total27, %1;", upper, lower);
            CudaAsm.Emit($"{Multiply} total28, total28, %0; {Multiply} total29, total29, %0; {Multiply} total30, total30, %1; {Multiply} total31, total31, %1;", upper, lower);
        }
    }

    /// <summary>Adds the products of a lane's two tokens with its two rows to the totals of a fragment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddOuter(int fragment, float upper, float lower, float even, float odd)
    {
        if (fragment == 0)
        {
            CudaAsm.Emit($"{Fma} total0, %0, %2, total0; {Fma} total1, %0, %3, total1; {Fma} total2, %1, %2, total2; {Fma} total3, %1, %3, total3;", upper, lower, even, odd);
        }
        else if (fragment == 1)
        {
            CudaAsm.Emit($"{Fma} total4, %0, %2, total4; {Fma} total5, %0, %3, total5; {Fma} total6, %1, %2, total6; {Fma} total7, %1, %3, total7;", upper, lower, even, odd);
        }
        else if (fragment == 2)
        {
            CudaAsm.Emit($"{Fma} total8, %0, %2, total8; {Fma} total9, %0, %3, total9; {Fma} total10, %1, %2, total10; {Fma} total11, %1, %3, total11;", upper, lower, even, odd);
        }
        else if (fragment == 3)
        {
            CudaAsm.Emit($"{Fma} total12, %0, %2, total12; {Fma} total13, %0, %3, total13; {Fma} total14, %1, %2, total14; {Fma} total15, %1, %3, total15;", upper, lower, even, odd);
        }
        else if (fragment == 4)
        {
            CudaAsm.Emit($"{Fma} total16, %0, %2, total16; {Fma} total17, %0, %3, total17; {Fma} total18, %1, %2, total18; {Fma} total19, %1, %3, total19;", upper, lower, even, odd);
        }
        else if (fragment == 5)
        {
            CudaAsm.Emit($"{Fma} total20, %0, %2, total20; {Fma} total21, %0, %3, total21; {Fma} total22, %1, %2, total22; {Fma} total23, %1, %3, total23;", upper, lower, even, odd);
        }
        else if (fragment == 6)
        {
            CudaAsm.Emit($"{Fma} total24, %0, %2, total24; {Fma} total25, %0, %3, total25; {Fma} total26, %1, %2, total26; {Fma} total27, %1, %3, total27;", upper, lower, even, odd);
        }
        else
        {
            CudaAsm.Emit($"{Fma} total28, %0, %2, total28; {Fma} total29, %0, %3, total29; {Fma} total30, %1, %2, total30; {Fma} total31, %1, %3, total31;", upper, lower, even, odd);
        }
    }

    /// <summary>Reads the totals of a fragment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ReadTotals(int fragment, out float upperEven, out float upperOdd, out float lowerEven, out float lowerOdd)
    {
        Output<float> a = default, b = default, c = default, d = default;
        if (fragment == 0)
        {
            CudaAsm.EmitRef($"{Read} %0, total0; {Read} %1, total1; {Read} %2, total2; {Read} %3, total3;", ref a, ref b, ref c, ref d);
        }
        else if (fragment == 1)
        {
            CudaAsm.EmitRef($"{Read} %0, total4; {Read} %1, total5; {Read} %2, total6; {Read} %3, total7;", ref a, ref b, ref c, ref d);
        }
        else if (fragment == 2)
        {
            CudaAsm.EmitRef($"{Read} %0, total8; {Read} %1, total9; {Read} %2, total10; {Read} %3, total11;", ref a, ref b, ref c, ref d);
        }
        else if (fragment == 3)
        {
            CudaAsm.EmitRef($"{Read} %0, total12; {Read} %1, total13; {Read} %2, total14; {Read} %3, total15;", ref a, ref b, ref c, ref d);
        }
        else if (fragment == 4)
        {
            CudaAsm.EmitRef($"{Read} %0, total16; {Read} %1, total17; {Read} %2, total18; {Read} %3, total19;", ref a, ref b, ref c, ref d);
        }
        else if (fragment == 5)
        {
            CudaAsm.EmitRef($"{Read} %0, total20; {Read} %1, total21; {Read} %2, total22; {Read} %3, total23;", ref a, ref b, ref c, ref d);
        }
        else if (fragment == 6)
        {
            CudaAsm.EmitRef($"{Read} %0, total24; {Read} %1, total25; {Read} %2, total26; {Read} %3, total27;", ref a, ref b, ref c, ref d);
        }
        else
        {
            CudaAsm.EmitRef($"{Read} %0, total28; {Read} %1, total29; {Read} %2, total30; {Read} %3, total31;", ref a, ref b, ref c, ref d);
        }

        (upperEven, upperOdd, lowerEven, lowerOdd) = (a.Value, b.Value, c.Value, d.Value);
    }
}
