using System.Runtime.CompilerServices;

namespace OutlierQuant.Kernels.FloatMatmul.Lanes;

/// <summary>One lane: what runs without vector hardware, and on what a vector width leaves over.</summary>
internal readonly struct SingleLane : ILanes<float>
{
    public static string Name => "scalar";

    public static int Count => 1;

    public static float Broadcast(float value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(ref float source, nuint index) => Unsafe.ReadUnaligned<float>(ref Unsafe.As<float, byte>(ref Unsafe.Add(ref source, index)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadF16(ref ushort source, nuint index) => (float)BitConverter.UInt16BitsToHalf(LoadBits(ref source, index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadLoweredF16(ref ushort source, nuint index) => BitConverter.Int32BitsToSingle(((short)LoadBits(ref source, index) << 13) & unchecked((int)0x8FFFE000));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadInt8(ref byte source, nuint index) => (sbyte)Unsafe.Add(ref source, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadBF16(ref ushort source, nuint index) => BitConverter.UInt32BitsToSingle((uint)LoadBits(ref source, index) << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float lanes, ref float destination, nuint index) => Unsafe.Add(ref destination, index) = lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyAdd(float left, float right, float addend) => float.MultiplyAddEstimate(left, right, addend);

    public static float Add(float left, float right) => left + right;

    public static float LargerMagnitude(float largest, float lanes) => MathF.Max(largest, MathF.Abs(lanes));

    public static bool IsAnyFrom(float lanes, float limit) => lanes >= limit;

    public static float Sum(float lanes) => lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ushort LoadBits(ref ushort source, nuint index) => Unsafe.ReadUnaligned<ushort>(ref Unsafe.As<ushort, byte>(ref Unsafe.Add(ref source, index)));
}
