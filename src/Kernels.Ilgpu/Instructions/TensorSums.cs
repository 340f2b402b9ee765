using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace OutlierQuant.Kernels.Ilgpu.Instructions;

/// <summary>The products of a warp with tensor cores: 32 tokens × 32 rows, as 2 × 4 fragments of 16 × 8, and their scaled totals.</summary>
/// <remarks>What a lane holds: <see cref="TensorFragments"/>. On CUDA devices it is in registers that <see cref="TensorAssembly"/> names, one set for a kernel. Elsewhere, which is ILGPU's
/// simulator, lanes shuffle their operands and multiply for themselves, so that all around the instruction is tested without a GPU.</remarks>
internal readonly struct TensorSums
{
    /// <summary>Tokens, and rows, of a warp.</summary>
    public const int Side = 32;

    /// <summary>Lanes of a warp.</summary>
    public const int Lanes = 32;

    /// <summary>Warps of a group, two by two.</summary>
    public const int Warps = 4;

    /// <summary>Tokens, and rows, of a group.</summary>
    public const int GroupSide = 2 * Side;

    // For the simulator: four products of each of eight fragments. Sums are integers, or the bits of floats.
    private readonly ArrayView<int> _sums;
    private readonly ArrayView<float> _totals;

    private TensorSums(ArrayView<int> sums, ArrayView<float> totals)
    {
        _sums = sums;
        _totals = totals;
    }

    /// <summary>Starts with zeros. Once in a kernel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TensorSums Start()
    {
        if (CudaAsm.IsSupported)
        {
            TensorAssembly.Declare();
            return default;
        }

        TensorSums sums = new(LocalMemory.Allocate<int>(32), LocalMemory.Allocate<float>(32));
        for (int i = 0; i < 32; i++)
        {
            sums._sums[i] = 0;
            sums._totals[i] = 0;
        }

        return sums;
    }

    /// <summary>Adds the products of 16 tokens with 32 rows, over 32 columns of signed bytes.</summary>
    /// <param name="m">Which 16 tokens: 0 or 1, a constant.</param>
    /// <param name="x">A lane's part of the tokens.</param>
    /// <param name="w0">A lane's part of the first 8 rows.</param>
    /// <param name="w1">Of the next.</param>
    /// <param name="w2">Of the next.</param>
    /// <param name="w3">Of the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddInt8(int m, Words x, Pair w0, Pair w1, Pair w2, Pair w3)
    {
        if (CudaAsm.IsSupported)
        {
            TensorAssembly.AddInt8(m, x, w0, w1, w2, w3);
        }
        else
        {
            SimulateInt8(4 * m, x, w0);
            SimulateInt8((4 * m) + 1, x, w1);
            SimulateInt8((4 * m) + 2, x, w2);
            SimulateInt8((4 * m) + 3, x, w3);
        }
    }

    /// <summary>Adds sums of integers to the totals, times the scales of a lane's two rows, and starts them anew.</summary>
    /// <param name="n">Which 8 rows: 0 to 3, a constant.</param>
    /// <param name="even">Scale of row <c>2q</c>.</param>
    /// <param name="odd">Scale of row <c>2q + 1</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ScaleInt8(int n, float even, float odd)
    {
        if (CudaAsm.IsSupported)
        {
            TensorAssembly.ScaleInt8(n, even, odd);
        }
        else
        {
            for (int i = 0; i < 8; i++)
            {
                int place = (16 * (i / 4)) + (4 * n) + (i % 4);
                _totals[place] += (i % 2 == 0 ? even : odd) * _sums[place];
                _sums[place] = 0;
            }
        }
    }

    /// <summary>Adds the products of 16 tokens with 32 rows, over 16 columns of binary16 numbers.</summary>
    /// <param name="m">Which 16 tokens: 0 or 1, a constant.</param>
    /// <param name="x">A lane's part of the tokens.</param>
    /// <param name="w0">A lane's part of the first 8 rows.</param>
    /// <param name="w1">Of the next.</param>
    /// <param name="w2">Of the next.</param>
    /// <param name="w3">Of the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddF16(int m, Words x, Pair w0, Pair w1, Pair w2, Pair w3)
    {
        if (CudaAsm.IsSupported)
        {
            TensorAssembly.AddF16(m, x, w0, w1, w2, w3);
        }
        else
        {
            SimulateF16(4 * m, x, w0);
            SimulateF16((4 * m) + 1, x, w1);
            SimulateF16((4 * m) + 2, x, w2);
            SimulateF16((4 * m) + 3, x, w3);
        }
    }

    /// <summary>Adds sums of floats to the totals, times the scales of a lane's two rows, and starts them anew.</summary>
    /// <param name="n">Which 8 rows: 0 to 3, a constant.</param>
    /// <param name="even">Scale of row <c>2q</c>.</param>
    /// <param name="odd">Scale of row <c>2q + 1</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ScaleF16(int n, float even, float odd)
    {
        if (CudaAsm.IsSupported)
        {
            TensorAssembly.ScaleF16(n, even, odd);
        }
        else
        {
            for (int i = 0; i < 8; i++)
            {
                int place = (16 * (i / 4)) + (4 * n) + (i % 4);
                _totals[place] += (i % 2 == 0 ? even : odd) * Interop.IntAsFloat((uint)_sums[place]);
                _sums[place] = 0;
            }
        }
    }

    /// <summary>Multiplies the totals by the scales of a lane's two tokens.</summary>
    /// <param name="m">Which 16 tokens: 0 or 1, a constant.</param>
    /// <param name="upper">Scale of token <c>g</c>.</param>
    /// <param name="lower">Scale of token <c>g + 8</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ScaleTokens(int m, float upper, float lower)
    {
        if (CudaAsm.IsSupported)
        {
            TensorAssembly.ScaleTokens(m, upper, lower);
        }
        else
        {
            for (int i = 0; i < 16; i++)
            {
                _totals[(16 * m) + i] *= i % 4 < 2 ? upper : lower;
            }
        }
    }

    /// <summary>Adds the products of a lane's two tokens with its two rows to the totals of a fragment: preserved channels.</summary>
    /// <param name="fragment">0 to 7, a constant.</param>
    /// <param name="upper">Value of token <c>g</c>.</param>
    /// <param name="lower">Value of token <c>g + 8</c>.</param>
    /// <param name="even">Weight of row <c>2q</c>.</param>
    /// <param name="odd">Weight of row <c>2q + 1</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddOuter(int fragment, float upper, float lower, float even, float odd)
    {
        if (CudaAsm.IsSupported)
        {
            TensorAssembly.AddOuter(fragment, upper, lower, even, odd);
        }
        else
        {
            _totals[4 * fragment] += upper * even;
            _totals[(4 * fragment) + 1] += upper * odd;
            _totals[(4 * fragment) + 2] += lower * even;
            _totals[(4 * fragment) + 3] += lower * odd;
        }
    }

    /// <summary>Reads the totals of a fragment: of token <c>g</c> and of token <c>g + 8</c> with the rows <c>2q</c> and <c>2q + 1</c>.</summary>
    /// <param name="fragment">0 to 7, a constant.</param>
    /// <param name="upperEven">Of <c>g</c> and <c>2q</c>.</param>
    /// <param name="upperOdd">Of <c>g</c> and <c>2q + 1</c>.</param>
    /// <param name="lowerEven">Of <c>g + 8</c> and <c>2q</c>.</param>
    /// <param name="lowerOdd">Of <c>g + 8</c> and <c>2q + 1</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Read(int fragment, out float upperEven, out float upperOdd, out float lowerEven, out float lowerOdd)
    {
        if (CudaAsm.IsSupported)
        {
            TensorAssembly.ReadTotals(fragment, out upperEven, out upperOdd, out lowerEven, out lowerOdd);
        }
        else
        {
            (upperEven, upperOdd) = (_totals[4 * fragment], _totals[(4 * fragment) + 1]);
            (lowerEven, lowerOdd) = (_totals[(4 * fragment) + 2], _totals[(4 * fragment) + 3]);
        }
    }

    private void SimulateInt8(int fragment, Words x, Pair w)
    {
        int g = Group.IdxX / 4, q = Group.IdxX % 4;
        for (int k = 0; k < 4; k++)
        {
            Words tokens = Warp.Shuffle(x, (4 * g) + k);
            Pair even = Warp.Shuffle(w, (8 * q) + k), odd = Warp.Shuffle(w, (8 * q) + 4 + k);
            _sums[4 * fragment] = ByteDot.Add(tokens.A, even.A, ByteDot.Add(tokens.C, even.B, _sums[4 * fragment]));
            _sums[(4 * fragment) + 1] = ByteDot.Add(tokens.A, odd.A, ByteDot.Add(tokens.C, odd.B, _sums[(4 * fragment) + 1]));
            _sums[(4 * fragment) + 2] = ByteDot.Add(tokens.B, even.A, ByteDot.Add(tokens.D, even.B, _sums[(4 * fragment) + 2]));
            _sums[(4 * fragment) + 3] = ByteDot.Add(tokens.B, odd.A, ByteDot.Add(tokens.D, odd.B, _sums[(4 * fragment) + 3]));
        }
    }

    private void SimulateF16(int fragment, Words x, Pair w)
    {
        int g = Group.IdxX / 4, q = Group.IdxX % 4;
        for (int k = 0; k < 4; k++)
        {
            Words tokens = Warp.Shuffle(x, (4 * g) + k);
            Pair even = Warp.Shuffle(w, (8 * q) + k), odd = Warp.Shuffle(w, (8 * q) + 4 + k);
            AddHalves(4 * fragment, tokens.A, tokens.C, even);
            AddHalves((4 * fragment) + 1, tokens.A, tokens.C, odd);
            AddHalves((4 * fragment) + 2, tokens.B, tokens.D, even);
            AddHalves((4 * fragment) + 3, tokens.B, tokens.D, odd);
        }
    }

    private void AddHalves(int place, int x0, int x1, Pair w)
    {
        float sum = Interop.IntAsFloat((uint)_sums[place]);
        sum += Halves.Widen((uint)x0 & 0xFFFF) * Halves.Widen((uint)w.A & 0xFFFF);
        sum += Halves.Widen((uint)x0 >> 16) * Halves.Widen((uint)w.A >> 16);
        sum += Halves.Widen((uint)x1 & 0xFFFF) * Halves.Widen((uint)w.B & 0xFFFF);
        sum += Halves.Widen((uint)x1 >> 16) * Halves.Widen((uint)w.B >> 16);
        _sums[place] = (int)Interop.FloatAsInt(sum);
    }
}
