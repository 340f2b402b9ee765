using Iced.Intel;

namespace OutlierQuant.Kernels.Tests.MachineCode.Emulation;

/// <summary>The vector and mask registers of AVX-512, and the instructions on them that this project emits.</summary>
/// <param name="processor">The processor.</param>
internal sealed unsafe class EmulatedVectors(EmulatedProcessor processor)
{
    private const int Count = 32;
    private const int Bytes = 64;
    private const int Lanes = Bytes / sizeof(int);
    private const byte Nonsense = 0x5E;

    private readonly byte[] _registers = Pinned(Count * Bytes, Nonsense);
    private readonly byte[] _scratch = Pinned(4 * Bytes, Nonsense);
    private readonly ulong[] _masks = new ulong[8];

    /// <summary>Throws if the upper halves of the first 16 registers are in use, which slows down every later SSE instruction.</summary>
    public void RequireCleanUpperHalves()
    {
        for (var register = 0; register < Count / 2; register++)
        {
            if (_registers.AsSpan((register * Bytes) + 16, Bytes - 16).ContainsAnyExcept((byte)0, Nonsense))
            {
                throw new InvalidOperationException($"The function returned without vzeroupper: zmm{register} is in use.");
            }
        }
    }

    /// <summary>Executes an instruction.</summary>
    public void Execute(in Instruction i)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.Vzeroupper:
                for (var register = 0; register < Count / 2; register++)
                {
                    _registers.AsSpan((register * Bytes) + 16, Bytes - 16).Clear();
                }

                return;
            case Mnemonic.Kmovq or Mnemonic.Kmovd:
                _masks[i.Op0Register - Register.K0] = (ulong)processor.Read(i, 1);
                return;
            case Mnemonic.Vmovups or Mnemonic.Vmovdqu8 or Mnemonic.Vmovdqu32 or Mnemonic.Vmovdqa64 or Mnemonic.Vmovss or Mnemonic.Vmovlps:
                Move(i);
                return;
            case Mnemonic.Vpbroadcastd or Mnemonic.Vbroadcastss or Mnemonic.Vbroadcastsd or Mnemonic.Vbroadcastf32x4 or Mnemonic.Vbroadcastf64x4:
                Broadcast(i);
                return;
            case Mnemonic.Vextracti64x4 or Mnemonic.Vextracti32x4:
                var (part, size) = (i.GetImmediate(2), i.Op0Register.GetSize());
                new Span<byte>(At(i.Op1Register) + ((int)part * size), size).CopyTo(Result);
                Finish(i, size);
                return;
            default:
                Calculate(i);
                return;
        }
    }

    private Span<byte> Result => _scratch.AsSpan(0, Bytes);

    private static byte[] Pinned(int length, byte value)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        Array.Fill(bytes, value);
        return bytes;
    }

    private static float Bf16(uint bits) => BitConverter.UInt32BitsToSingle((bits & 0x7F800000) == 0 ? bits & 0x80000000 : bits);

    private static int DotBytes(uint unsigned, uint signed, int sum)
    {
        for (var at = 0; at < 32; at += 8)
        {
            sum += (byte)(unsigned >> at) * (sbyte)(signed >> at);
        }

        return sum;
    }

    /// <summary>Two fused multiply-adds, the odd elements first; subnormals count as 0 (VDPBF16PS).</summary>
    private static float DotBf16(uint left, uint right, float sum)
    {
        var odd = MathF.FusedMultiplyAdd(Bf16(left & 0xFFFF0000), Bf16(right & 0xFFFF0000), Flush(sum));
        return Flush(MathF.FusedMultiplyAdd(Bf16(left << 16), Bf16(right << 16), Flush(odd)));
    }

    private static float Flush(float value) => float.IsSubnormal(value) ? MathF.CopySign(0, value) : value;

    /// <summary>Instructions of which a lane of the result depends on the same lane of the operands, or on lanes beside it.</summary>
    private void Calculate(in Instruction i)
    {
        var size = i.Op0Register.GetSize();
        var lanes = size / sizeof(int);
        var isUnary = i.OpCount == 2;
        byte* first = At(i.GetOpRegister(isUnary ? 0 : 1)), second = Source(i, isUnary ? 1 : i.OpCount - 1 - (HasImmediate(i) ? 1 : 0), size);
        fixed (byte* result = _scratch)
        {
            int* to = (int*)result, a = (int*)At(i.Op0Register), b = (int*)first, c = (int*)second;
            float* toFloat = (float*)to, af = (float*)a, bf = (float*)b, cf = (float*)c;
            for (var lane = 0; lane < lanes; lane++)
            {
                switch (i.Mnemonic)
                {
                    case Mnemonic.Vpxord:
                        to[lane] = b[lane] ^ c[lane];
                        break;
                    case Mnemonic.Vpandd:
                        to[lane] = b[lane] & c[lane];
                        break;
                    case Mnemonic.Vpaddd:
                        to[lane] = b[lane] + c[lane];
                        break;
                    case Mnemonic.Vpslld:
                        to[lane] = c[lane] << (int)i.GetImmediate(2);
                        break;
                    case Mnemonic.Vpsrlw:
                        to[lane] = (int)(((uint)c[lane] >> 16 >> (int)i.GetImmediate(2) << 16) | ((uint)(ushort)c[lane] >> (int)i.GetImmediate(2)));
                        break;
                    case Mnemonic.Vpdpbusd:
                        to[lane] = DotBytes((uint)b[lane], (uint)c[lane], a[lane]);
                        break;
                    case Mnemonic.Vdpbf16ps:
                        toFloat[lane] = DotBf16((uint)b[lane], (uint)c[lane], af[lane]);
                        break;
                    case Mnemonic.Vcvtdq2ps:
                        toFloat[lane] = c[lane];
                        break;
                    case Mnemonic.Vcvtph2ps:
                        toFloat[lane] = (float)((Half*)c)[lane];
                        break;
                    case Mnemonic.Vaddps:
                        toFloat[lane] = bf[lane] + cf[lane];
                        break;
                    case Mnemonic.Vmulps:
                        toFloat[lane] = bf[lane] * cf[lane];
                        break;
                    case Mnemonic.Vfmadd231ps:
                        toFloat[lane] = MathF.FusedMultiplyAdd(bf[lane], cf[lane], af[lane]);
                        break;
                    case Mnemonic.Vfmadd213ps:
                        toFloat[lane] = MathF.FusedMultiplyAdd(bf[lane], af[lane], cf[lane]);
                        break;
                    case Mnemonic.Vpermps:
                        toFloat[lane] = cf[b[lane] & (lanes - 1)];
                        break;
                    case Mnemonic.Vphaddd:
                        to[lane] = Pair(b, c, lane)[0] + Pair(b, c, lane)[1];
                        break;
                    case Mnemonic.Vhaddps:
                        toFloat[lane] = ((float*)Pair(b, c, lane))[0] + ((float*)Pair(b, c, lane))[1];
                        break;
                    default:
                        throw EmulatedProcessor.Unknown(i);
                }
            }
        }

        Finish(i, size);
    }

    /// <summary>The two neighbours that a horizontal addition adds: within 128 bits, first those of one operand, then those of the other.</summary>
    private static int* Pair(int* first, int* second, int lane) => ((lane & 2) == 0 ? first : second) + (lane & ~3) + (2 * (lane & 1));

    private static bool HasImmediate(in Instruction i) => i.GetOpKind(i.OpCount - 1) == OpKind.Immediate8;

    private void Move(in Instruction i)
    {
        if (i.Op0Kind == OpKind.Memory)
        {
            var stored = i.Mnemonic switch { Mnemonic.Vmovss => sizeof(float), Mnemonic.Vmovlps => 2 * sizeof(float), _ => i.Op1Register.GetSize() };
            RequireAligned(i, stored);
            new Span<byte>(At(i.Op1Register), i.OpMask == Register.None ? stored : throw EmulatedProcessor.Unknown(i)).CopyTo(new Span<byte>(processor.AddressOf(i), stored));
            return;
        }

        var size = i.Mnemonic is Mnemonic.Vmovss or Mnemonic.Vmovlps ? throw EmulatedProcessor.Unknown(i) : i.Op0Register.GetSize();
        new Span<byte>(Source(i, 1, size), size).CopyTo(Result);
        Finish(i, size);
    }

    private void Broadcast(in Instruction i)
    {
        var value = i.Op1Kind == OpKind.Memory || i.Op1Register.IsVectorRegister() ? 0 : (int)processor.Read(i, 1);
        var source = i.Op1Kind == OpKind.Memory ? processor.AddressOf(i) : i.Op1Register.IsVectorRegister() ? At(i.Op1Register) : (byte*)&value;
        var size = i.Mnemonic switch { Mnemonic.Vbroadcastsd => 8, Mnemonic.Vbroadcastf32x4 => 16, Mnemonic.Vbroadcastf64x4 => 32, _ => 4 };
        for (var at = 0; at < Bytes; at += size)
        {
            new Span<byte>(source, size).CopyTo(Result[at..]);
        }

        Finish(i, i.Op0Register.GetSize());
    }

    private void RequireAligned(in Instruction i, int bytes)
    {
        if (i.Mnemonic == Mnemonic.Vmovdqa64 && (nint)processor.AddressOf(i) % bytes != 0)
        {
            throw new InvalidOperationException($"'{i}' would fault: its address is no multiple of {bytes}.");
        }
    }

    /// <summary>Gives the bytes of a source, and reads no byte that the processor would not read: those of masked elements are 0.</summary>
    private byte* Source(in Instruction i, int operand, int size)
    {
        if (i.GetOpKind(operand) == OpKind.Register)
        {
            return At(i.GetOpRegister(operand));
        }

        var address = processor.AddressOf(i);
        fixed (byte* read = &_scratch[Bytes])
        {
            if (i.IsBroadcast)
            {
                new Span<int>(read, Lanes).Fill(*(int*)address);
                return read;
            }

            if (i.OpMask == Register.None)
            {
                RequireAligned(i, size);
                return address;
            }

            var element = ElementBytes(i);
            for (var at = 0; at < size; at++)
            {
                read[at] = IsOn(i, at / element) ? address[at] : (byte)0;
            }

            return read;
        }
    }

    /// <summary>Writes the result: masked elements keep what they had or become 0, and so does everything above the vector.</summary>
    private void Finish(in Instruction i, int size)
    {
        Span<byte> to = new(At(i.Op0Register), Bytes);
        var element = ElementBytes(i);
        for (var at = 0; at < size && i.OpMask != Register.None; at++)
        {
            if (!IsOn(i, at / element))
            {
                Result[at] = i.ZeroingMasking ? (byte)0 : to[at];
            }
        }

        Result[..size].CopyTo(to);
        to[size..].Clear();
    }

    private bool IsOn(in Instruction i, int element) => ((_masks[i.OpMask - Register.K0] >> element) & 1) != 0;

    private static int ElementBytes(in Instruction i) => i.Mnemonic == Mnemonic.Vmovdqu8 ? 1 : i.Mnemonic == Mnemonic.Vmovdqa64 ? 8 : 4;

    private byte* At(Register register)
    {
        fixed (byte* registers = _registers)
        {
            return registers + (register.GetNumber() * Bytes);
        }
    }
}
