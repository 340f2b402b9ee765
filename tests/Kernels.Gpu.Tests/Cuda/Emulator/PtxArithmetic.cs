namespace OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;

/// <summary>Instructions of a lane that compute or branch.</summary>
/// <remarks>Registers have 64 bits; of a narrower type, the low ones count.</remarks>
internal static class PtxArithmetic
{
    /// <summary>Gives what an instruction does.</summary>
    public static Action<PtxLane> Read(string[] operation, string[] operands, PtxNames names)
    {
        string type = operation[^1];
        switch (operation[0])
        {
            case "ret":
                return static lane => lane.Next = -1;
            case "bra":
                int target = names.Labels[operands[0]];
                return lane => lane.Next = target;
            case "setp":
                return Into(names.Register(operands[0]), Compare(operation[1], type), names.Value(operands[1]), names.Value(operands[2]));
            case "selp":
                Func<PtxLane, ulong> yes = names.Value(operands[1]), no = names.Value(operands[2]), condition = names.Value(operands[3]);
                int selected = names.Register(operands[0]);
                return lane => lane.Registers[selected] = condition(lane) != 0 ? yes(lane) : no(lane);
            case "mov" when operands[1].StartsWith('{') || operands[0].StartsWith('{'):
                throw new PtxException("unknown to the emulator");
        }

        int destination = names.Register(operands[0]);
        Func<PtxLane, ulong> first = names.Value(operands[1]);
        switch (operands.Length)
        {
            case 2:
                Func<ulong, ulong> one = One(operation, type);
                return lane => lane.Registers[destination] = one(first(lane));
            case 3:
                return Into(destination, Two(operation, type), first, names.Value(operands[2]));
            default:
                Func<PtxLane, ulong> second = names.Value(operands[2]), third = names.Value(operands[3]);
                Func<ulong, ulong, ulong, ulong> three = Three(operation, type);
                return lane => lane.Registers[destination] = three(first(lane), second(lane), third(lane));
        }
    }

    /// <summary>Repeats the sign of the low bits above them.</summary>
    public static ulong SignExtended(ulong value, int bits) => (ulong)((long)(value << (64 - bits)) >> (64 - bits));

    private static Action<PtxLane> Into(int destination, Func<ulong, ulong, ulong> function, Func<PtxLane, ulong> first, Func<PtxLane, ulong> second) =>
        lane => lane.Registers[destination] = function(first(lane), second(lane));

    private static Func<ulong, ulong> One(string[] operation, string type) => string.Join('.', operation) switch
    {
        "mov.u32" or "mov.b32" or "mov.u64" or "mov.b64" or "mov.f32" or "mov.pred" or "mov.u16" or "mov.b16" or "cvta.to.global.u64" => static a => a,
        "neg.s32" => static a => (uint)-(int)a,
        "not.b32" => static a => ~(uint)a,
        "not.b64" => static a => ~a,
        "not.pred" => static a => a == 0 ? 1ul : 0,
        "abs.f32" => static a => Bits(Math.Abs(F(a))),
        "neg.f32" => static a => Bits(-F(a)),
        "sqrt.rn.f32" => static a => Bits(MathF.Sqrt(F(a))),
        "cvt.s64.s32" => static a => (ulong)(int)a,
        "cvt.u64.u32" or "cvt.u32.u64" => static a => (uint)a,
        "cvt.u16.u32" => static a => (ushort)a,
        "cvt.u32.u16" => static a => (ushort)a,
        "cvt.s32.s8" => static a => (uint)(sbyte)a,
        "cvt.rn.f32.s32" => static a => Bits((int)a),
        "cvt.rn.f32.s16" => static a => Bits((short)a),
        "cvt.f32.f16" => static a => Bits((float)BitConverter.UInt16BitsToHalf((ushort)a)),
        "cvt.sat.f32.f32" => static a => Bits(float.IsNaN(F(a)) ? 0 : Math.Clamp(F(a), 0, 1)),

        // A device is off by some last bits here, and has no subnormal numbers.
        "ex2.approx.ftz.f32" => static a => Bits(MathF.Pow(2, F(a)) is float power && float.IsSubnormal(power) ? 0 : MathF.Pow(2, F(a))),
        "cvt.rni.f32.f32" => static a => Bits(MathF.Round(F(a), MidpointRounding.ToEven)),

        // A device gives 0 for NaN and the nearest integer for what does not fit.
        "cvt.rzi.s32.f32" => static a => (uint)(float.IsNaN(F(a)) ? 0 : (int)Math.Clamp(Math.Truncate((double)F(a)), int.MinValue, int.MaxValue)),
        _ => throw new PtxException($"{type} is unknown to the emulator there"),
    };

    private static Func<ulong, ulong, ulong> Two(string[] operation, string type) => string.Join('.', operation) switch
    {
        "add.s32" or "add.u32" => static (a, b) => (uint)a + (uint)b & uint.MaxValue,
        "add.s64" or "add.u64" => static (a, b) => a + b,
        "sub.s32" => static (a, b) => (uint)a - (uint)b & uint.MaxValue,
        "sub.s64" => static (a, b) => a - b,
        "mul.lo.s32" => static (a, b) => (uint)a * (uint)b & uint.MaxValue,
        "mul.lo.s64" => static (a, b) => a * b,
        "mul.wide.s32" => static (a, b) => (ulong)((long)(int)a * (int)b),
        "mul.wide.u32" => static (a, b) => (ulong)(uint)a * (uint)b,
        "div.s32" => static (a, b) => (uint)((int)a / (int)b),
        "rem.s32" => static (a, b) => (uint)((int)a % (int)b),
        "min.s32" => static (a, b) => (uint)Math.Min((int)a, (int)b),
        "max.s32" => static (a, b) => (uint)Math.Max((int)a, (int)b),
        "and.b32" or "and.b64" or "and.pred" or "and.b16" => static (a, b) => a & b,
        "or.b32" or "or.b64" or "or.pred" => static (a, b) => a | b,
        "xor.b32" or "xor.b64" or "xor.pred" => static (a, b) => a ^ b,

        // A device shifts everything out where the distance is too long.
        "shl.b32" => static (a, b) => (uint)b > 31 ? 0 : (uint)a << (int)b,
        "shl.b64" => static (a, b) => (uint)b > 63 ? 0 : a << (int)b,
        "shr.u32" => static (a, b) => (uint)b > 31 ? 0 : (uint)a >> (int)b,
        "shr.u64" => static (a, b) => (uint)b > 63 ? 0 : a >> (int)b,
        "shr.s32" => static (a, b) => (uint)((int)a >> (int)Math.Min((uint)b, 31)),
        "add.f32" or "add.rn.f32" => static (a, b) => Bits(F(a) + F(b)),
        "sub.f32" or "sub.rn.f32" => static (a, b) => Bits(F(a) - F(b)),
        "mul.f32" or "mul.rn.f32" => static (a, b) => Bits(F(a) * F(b)),
        "div.rn.f32" => static (a, b) => Bits(F(a) / F(b)),

        // Unlike those of C#, they give the other operand for NaN.
        "min.f32" => static (a, b) => Bits(float.MinNumber(F(a), F(b))),
        "max.f32" => static (a, b) => Bits(float.MaxNumber(F(a), F(b))),
        _ => throw new PtxException($"{type} is unknown to the emulator there"),
    };

    private static Func<ulong, ulong, ulong, ulong> Three(string[] operation, string type) => string.Join('.', operation) switch
    {
        "mad.lo.s32" => static (a, b, c) => ((uint)a * (uint)b) + (uint)c & uint.MaxValue,
        "mad.wide.s32" => static (a, b, c) => (ulong)((long)(int)a * (int)b) + c,
        "fma.rm.f32" => static (a, b, c) => Bits(RoundedDown(((double)F(a) * F(b)) + F(c))),
        "fma.rn.f32" => static (a, b, c) => Bits(MathF.FusedMultiplyAdd(F(a), F(b), F(c))),
        "dp4a.s32.s32" => static (a, b, c) => (uint)Enumerable.Range(0, 4).Aggregate((int)c, (sum, i) => sum + ((sbyte)(a >> (8 * i)) * (sbyte)(b >> (8 * i)))),
        _ => throw new PtxException($"{type} is unknown to the emulator there"),
    };

    private static Func<ulong, ulong, ulong> Compare(string relation, string type)
    {
        Func<ulong, ulong, bool> holds = (relation, type) switch
        {
            ("nan", "f32") => static (a, b) => float.IsNaN(F(a)) || float.IsNaN(F(b)),
            ("num", "f32") => static (a, b) => !float.IsNaN(F(a)) && !float.IsNaN(F(b)),
            ("eq", "f32") => static (a, b) => F(a) == F(b),
            ("neu", "f32") => static (a, b) => F(a) != F(b),
            ("lt", "f32") => static (a, b) => F(a) < F(b),
            ("le", "f32") => static (a, b) => F(a) <= F(b),
            ("gt", "f32") => static (a, b) => F(a) > F(b),
            ("ge", "f32") => static (a, b) => F(a) >= F(b),
            ("leu", "f32") => static (a, b) => !(F(a) > F(b)),
            ("geu", "f32") => static (a, b) => !(F(a) < F(b)),
            ("ltu", "f32") => static (a, b) => !(F(a) >= F(b)),
            ("gtu", "f32") => static (a, b) => !(F(a) <= F(b)),
            ("eq", "s32" or "b32" or "u32") => static (a, b) => (uint)a == (uint)b,
            ("ne", "s32" or "b32" or "u32") => static (a, b) => (uint)a != (uint)b,
            ("lt", "s32") => static (a, b) => (int)a < (int)b,
            ("le", "s32") => static (a, b) => (int)a <= (int)b,
            ("gt", "s32") => static (a, b) => (int)a > (int)b,
            ("ge", "s32") => static (a, b) => (int)a >= (int)b,
            ("lt", "u32") => static (a, b) => (uint)a < (uint)b,
            ("gt", "u32") => static (a, b) => (uint)a > (uint)b,
            ("eq", "s64" or "b64") => static (a, b) => a == b,
            ("ne", "s64" or "b64") => static (a, b) => a != b,
            ("lt", "s64") => static (a, b) => (long)a < (long)b,
            ("gt", "s64") => static (a, b) => (long)a > (long)b,
            _ => throw new PtxException($"{relation} of {type} is unknown to the emulator"),
        };
        return (a, b) => holds(a, b) ? 1ul : 0;
    }

    private static float RoundedDown(double value) => (float)value > value ? MathF.BitDecrement((float)value) : (float)value;

    private static float F(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    private static ulong Bits(float value) => BitConverter.SingleToUInt32Bits(value);
}
