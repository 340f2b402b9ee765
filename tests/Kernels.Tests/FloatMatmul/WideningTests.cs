using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.FloatMatmul.Lanes;
using OutlierQuant.Kernels.MachineCode;
using OutlierQuant.Kernels.Tests.MachineCode;
using Xunit;

namespace OutlierQuant.Kernels.Tests.FloatMatmul;

/// <summary>F16 and BF16 weights become the same binary32 at every width.</summary>
public sealed class WideningTests
{
    [Fact]
    public void LoadF16_EveryBitPattern_WidensExactlyAtEveryWidth()
    {
        ushort[] halves = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        float[] expected = [.. halves.Select(bits => (float)BitConverter.UInt16BitsToHalf(bits))];
        AssertSameBits(expected, Widen<SingleLane, float, F16Element>(halves));
        AssertSameBits(expected, Widen<Lanes128, Vector128<float>, F16Element>(halves));
        AssertSameBits(expected, Widen<Lanes256, Vector256<float>, F16Element>(halves));
        AssertSameBits(expected, Widen<Lanes512, Vector512<float>, F16Element>(halves));
    }

    [EmittedCodeFact]
    public void Widen_EveryBitPattern_IsExactAndWritesNothingElse()
    {
        Assert.Equal(Avx2.IsSupported && ProcessorFeatures.Current.F16C, HalfWidening.IsAvailable);
        ushort[] halves = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        float[] expected = [.. halves.Select(bits => (float)BitConverter.UInt16BitsToHalf(bits))];
        for (int count = HalfWidening.IsAvailable ? 65536 : 0; count > 0; count -= count > 64 ? 8192 : 8)
        {
            float[] widened = new float[65537];
            widened[count] = -77;
            HalfWidening.Widen(ref halves[0], ref widened[0], (nuint)count);
            AssertSameBits(expected[..count], widened[..count]);
            Assert.Equal(-77, widened[count]);
        }
    }

    [Fact]
    public void LoadBF16_EveryBitPattern_WidensExactlyAtEveryWidth()
    {
        ushort[] halves = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];
        float[] expected = [.. halves.Select(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16))];
        AssertSameBits(expected, Widen<SingleLane, float, BF16Element>(halves));
        AssertSameBits(expected, Widen<Lanes128, Vector128<float>, BF16Element>(halves));
        AssertSameBits(expected, Widen<Lanes256, Vector256<float>, BF16Element>(halves));
        AssertSameBits(expected, Widen<Lanes512, Vector512<float>, BF16Element>(halves));
    }

    private static float[] Widen<TLanes, TVector, TElement>(ushort[] halves)
        where TLanes : ILanes<TVector>
        where TVector : struct
        where TElement : IWeightElement
    {
        float[] widened = new float[halves.Length];
        for (int i = 0; i < halves.Length; i += TLanes.Count)
        {
            TLanes.Store(TElement.Load<TLanes, TVector>(ref Unsafe.As<ushort, byte>(ref halves[0]), (nuint)i), ref widened[0], (nuint)i);
        }

        return widened;
    }

    private static void AssertSameBits(float[] expected, float[] actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = float.IsNaN(expected[i]) ? float.IsNaN(actual[i]) : BitConverter.SingleToUInt32Bits(expected[i]) == BitConverter.SingleToUInt32Bits(actual[i]);
            Assert.True(same, $"0x{i:X4}: {actual[i]:R} is not {expected[i]:R}.");
        }
    }
}
