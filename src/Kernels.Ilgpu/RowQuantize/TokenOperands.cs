using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.RowQuantize;

/// <summary>What is done to activations before a product, as a kernel takes it.</summary>
internal struct TokenOperands
{
    /// <summary>Activations. Shape <c>[Tokens, Columns]</c>.</summary>
    public ArrayView<float> Source;

    public int Tokens;

    public int Columns;

    /// <summary>Channels to leave out, rising. Shape <c>[Preserved]</c>.</summary>
    public ArrayView<int> Channels;

    public int Preserved;

    /// <summary>Columns with padding, a multiple of 128.</summary>
    public int Stride;

    /// <summary>Receives codes, four a word. Shape <c>[Tokens, Stride / 4]</c>.</summary>
    public ArrayView<int> Codes;

    /// <summary>Largest code magnitude.</summary>
    public int QMax;

    /// <summary>Step size of each token; or receives its largest magnitude. Shape <c>[Tokens]</c>.</summary>
    public ArrayView<float> Scales;

    /// <summary>Receives the activations that are not left out. Shape <c>[Tokens, Stride]</c>.</summary>
    public ArrayView<float> Padded;

    /// <summary>Receives the channels that are left out. Shape <c>[Tokens, Preserved]</c>.</summary>
    public ArrayView<float> PreservedActivations;
}
