using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>Sizes and loads that the half steps share.</summary>
internal static unsafe class HalfStep
{
    /// <summary>Ints between the sums of neighbouring features.</summary>
    public const int SumStride = TileLayout.StripTokens;

    /// <summary>Groups of four codes in half a step.</summary>
    public const int Quads = 8;

    /// <summary>Puts four codes of a feature beside every token.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Codes(byte* weights, int feature, int quad) => Vector256.Create(*(int*)(weights + (feature * TileLayout.RowBytes) + (quad * 4))).AsByte();

    /// <summary>Loads four codes each of eight tokens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Tokens(byte* activations, int quad, int eight) => Vector256.Load(activations + (quad * TileLayout.RowBytes) + (eight * 32));

    /// <summary>Moves to the next half step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Next(ref byte* weights, ref byte* activations, int half)
    {
        // The second half of a step lies 32 bytes on in every row of the weights, and 8 rows on in the activations.
        weights += half % 2 == 0 ? TileLayout.RowBytes / 2 : TileLayout.StepBytes - (TileLayout.RowBytes / 2);
        activations += half % 2 == 0 ? TileLayout.TileBytes / 2 : TileLayout.StepBytes - (TileLayout.TileBytes / 2);
    }

    /// <summary>Goes to the half that the first step begins with.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Begin(ref byte* weights, ref byte* activations, int firstHalf)
    {
        weights += firstHalf * (TileLayout.RowBytes / 2);
        activations += firstHalf * (TileLayout.TileBytes / 2);
    }

    /// <summary>Loads the sums of eight tokens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(int* sums, int feature, int eight) => Vector256.Load(sums + (feature * SumStride) + (eight * 8));

    /// <summary>Stores the sums of eight tokens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> value, int* sums, int feature, int eight) => value.Store(sums + (feature * SumStride) + (eight * 8));
}
