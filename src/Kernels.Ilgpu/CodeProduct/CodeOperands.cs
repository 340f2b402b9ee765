using ILGPU;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.CodeProduct;

/// <summary>What a product of activation codes and weight codes reads, as a kernel takes it.</summary>
internal struct CodeOperands
{
    /// <summary>Packed weight codes. Shape <c>[rows, WordsPerRow]</c>.</summary>
    public ArrayView<Words> Weights;

    /// <summary>Step size of each group. Shape <c>[rows, Groups]</c>.</summary>
    public ArrayView<float> WeightScales;

    /// <summary>Float weights of the preserved channels. Shape <c>[rows, Preserved]</c>.</summary>
    public ArrayView<float> PreservedColumns;

    /// <summary>Activation codes. Shape <c>[tokens, WordsPerToken]</c>.</summary>
    public ArrayView<Words> Activations;

    /// <summary>Step size of each token. Shape <c>[tokens]</c>.</summary>
    public ArrayView<float> ActivationScales;

    /// <summary>Values of the preserved channels. Shape <c>[tokens, Preserved]</c>.</summary>
    public ArrayView<float> PreservedActivations;

    public int Tokens;

    public int Rows;

    public int Columns;

    /// <summary>Columns that share a scale: a multiple of 32, or the columns of the row.</summary>
    public int GroupSize;

    public int Groups;

    public int Preserved;

    public int WordsPerRow;

    public int WordsPerToken;

    /// <summary>First row to compute, and the one after the last.</summary>
    public int FirstRow;

    public int EndRow;

    /// <summary>Products. Shape <c>[tokens, rows]</c>.</summary>
    public ArrayView<float> Products;

    /// <summary>Completes and stores a product, if its row and token were asked for.</summary>
    /// <param name="token">Token.</param>
    /// <param name="row">Row.</param>
    /// <param name="scaled">Sum over the groups of weight scale times integer sum.</param>
    /// <param name="side">Product of the preserved channels.</param>
    public readonly void Store(int token, int row, float scaled, float side)
    {
        if (row < EndRow && token < Tokens)
        {
            Products[(token * (long)Rows) + row] = (ActivationScales[token] * scaled) + side;
        }
    }

    /// <summary>Completes and stores a product that one thread computes alone.</summary>
    public readonly void Store(int token, int row, float scaled)
    {
        if (row < EndRow && token < Tokens)
        {
            Products[(token * (long)Rows) + row] = (ActivationScales[token] * scaled) + Side(token, row, 0, 1);
        }
    }

    /// <summary>Adds up every <paramref name="step"/>-th product of the preserved channels.</summary>
    public readonly float Side(int token, int row, int first, int step)
    {
        float side = 0;
        for (int j = first; j < Preserved; j += step)
        {
            side += PreservedColumns[(row * (long)Preserved) + j] * PreservedActivations[(token * (long)Preserved) + j];
        }

        return side;
    }
}
