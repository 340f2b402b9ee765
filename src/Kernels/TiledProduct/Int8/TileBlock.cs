using System.Runtime.InteropServices;

namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>The work of one call of a <see cref="TileMicrokernel"/>: 32 output features times some strips of 32 tokens.</summary>
/// <remarks>
/// <para>Emitted code reads the fields at their offsets, so their order matters. All pointers are to native or pinned memory; weights,
/// activations, sums and scratch begin at a cache line.</para>
/// <para>A tile is 16 rows of 64 bytes. <see cref="TileLayout"/> draws how weights and activations lie in tiles. A step is two tiles of weights
/// and two of activations, 64 codes deep.</para>
/// <para><c>sums[s, r, t] = Σ_g scales[g, r] · float(Σ_k weights[g, r, k] · activations[s, g, t, k])</c>. The
/// outer sum is made in the order of the groups, one fused multiply-add each; the inner sums are exact.</para>
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TileBlock
{
    /// <summary>Bytes that a step fetches ahead of time; DRAM delivers about as much while it runs.</summary>
    public const int PrefetchedPerStep = 256;

    /// <summary>Weights of the 32 features. Shape <c>[steps, 2, 16, 64]</c>, in bytes.</summary>
    public byte* Weights;

    /// <summary>Activations of the first strip. Shape <c>[steps, 2, 16, 64]</c>, in bytes.</summary>
    public byte* Activations;

    /// <summary>Bytes from one strip to the next.</summary>
    public nint StripBytes;

    /// <summary>Number of strips, positive.</summary>
    public nint Strips;

    /// <summary>Number of tokens in these strips; a kernel may leave out sums of what lies behind the last.</summary>
    public nint Tokens;

    /// <summary>Step size of each group and feature. Shape <c>[groups, 32]</c>.</summary>
    public float* Scales;

    /// <summary>What integer sums start from, for kernels that raise the activations by 128. Shape <c>[groups, 32]</c>.</summary>
    public int* Starts;

    /// <summary>Number of groups, positive.</summary>
    public nint Groups;

    /// <summary>Steps of every group but the last; 0 for groups of half a step.</summary>
    public nint GroupSteps;

    /// <summary>Steps of the last group; 0 for groups of half a step.</summary>
    public nint LastGroupSteps;

    /// <summary>Receives the sums. Shape <c>[strips, 32, 32]</c>: strip, feature, token.</summary>
    public float* Sums;

    /// <summary>Memory for the sums of one group. Shape <c>[32, 32]</c>.</summary>
    public int* Scratch;

    /// <summary>Memory that is needed soon: each step fetches the next 256 bytes to the second-level cache. Any address will do.</summary>
    public byte* Prefetch;

    /// <summary>Gets a value indicating whether a group is half a step: 32 codes.</summary>
    public readonly bool HasHalfSteps => GroupSteps == 0;
}
