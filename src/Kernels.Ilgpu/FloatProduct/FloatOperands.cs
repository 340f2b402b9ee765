using ILGPU;
using OutlierQuant.Kernels.Ilgpu.Instructions;

namespace OutlierQuant.Kernels.Ilgpu.FloatProduct;

/// <summary>What a product of float activations reads, as a kernel takes it: weights as floats or as codes.</summary>
internal struct FloatOperands
{
    /// <summary>Float weights as they lie in the checkpoint, or packed codes. Shape <c>[rows, columns]</c> or <c>[columns, rows]</c> elements, or <c>[rows, WordsPerRow]</c>.</summary>
    public ArrayView<Words> Weights;

    /// <summary>Elements from one row of weights to the next, and from one column to the next. One of them is 1.</summary>
    public long RowStride;

    public long ColumnStride;

    /// <summary>For codes: words of a packed row.</summary>
    public int WordsPerRow;

    /// <summary>For codes: step size of each group. Shape <c>[rows, Groups]</c>.</summary>
    public ArrayView<float> WeightScales;

    public int GroupSize;

    public int Groups;

    /// <summary>For codes: float weights of the preserved channels. Shape <c>[rows, Preserved]</c>.</summary>
    public ArrayView<float> PreservedColumns;

    /// <summary>For codes: values of the preserved channels. Shape <c>[tokens, Preserved]</c>.</summary>
    public ArrayView<float> PreservedActivations;

    public int Preserved;

    /// <summary>Activations, 0 at preserved channels. Shape <c>[tokens, ActivationStride]</c>.</summary>
    public ArrayView<float> Activations;

    public int ActivationStride;

    /// <summary>For tensor cores: the same activations in two parts. Shape <c>[2, tokens, ActivationStride]</c> binary16 numbers.</summary>
    public ArrayView<Words> HalfParts;

    /// <summary>For tensor cores: what the parts of a token are multiplied by. Shape <c>[tokens]</c>.</summary>
    public ArrayView<float> ActivationScales;

    public int Tokens;

    public int Rows;

    public int Columns;

    /// <summary>First row to compute, and the one after the last.</summary>
    public int FirstRow;

    public int EndRow;

    /// <summary>Products. Shape <c>[tokens, rows]</c>.</summary>
    public ArrayView<float> Products;

    /// <summary>Stores a product, if its row and token were asked for.</summary>
    public readonly void Store(int token, int row, float product)
    {
        if (row < EndRow && token < Tokens)
        {
            Products[(token * (long)Rows) + row] = product;
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
