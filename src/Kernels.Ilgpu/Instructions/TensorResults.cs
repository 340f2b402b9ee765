using ILGPU;

namespace OutlierQuant.Kernels.Ilgpu.Instructions;

/// <summary>Where the products of a lane go, and the preserved channels that are added to them.</summary>
internal struct TensorResults
{
    /// <summary>First of a lane's tokens, which are 8 apart.</summary>
    public int FirstToken;

    /// <summary>First of a lane's rows, which are two of every 8.</summary>
    public int FirstRow;

    public int Tokens;

    public int EndRow;

    public int Rows;

    public int Preserved;

    /// <summary>Values of the preserved channels. Shape <c>[tokens, Preserved]</c>.</summary>
    public ArrayView<float> PreservedActivations;

    /// <summary>Float weights of the preserved channels. Shape <c>[rows, Preserved]</c>.</summary>
    public ArrayView<float> PreservedColumns;

    /// <summary>Products. Shape <c>[tokens, Rows]</c>.</summary>
    public ArrayView<float> Products;

    /// <summary>Adds the preserved channels to the totals, and stores them.</summary>
    public readonly void Complete(TensorSums sums)
    {
        for (int j = 0; j < Preserved; j++)
        {
            float x0 = Activation(FirstToken, j), x1 = Activation(FirstToken + 8, j), x2 = Activation(FirstToken + 16, j), x3 = Activation(FirstToken + 24, j);
            float even = Weight(FirstRow, j), odd = Weight(FirstRow + 1, j);
            sums.AddOuter(0, x0, x1, even, odd);
            sums.AddOuter(4, x2, x3, even, odd);
            (even, odd) = (Weight(FirstRow + 8, j), Weight(FirstRow + 9, j));
            sums.AddOuter(1, x0, x1, even, odd);
            sums.AddOuter(5, x2, x3, even, odd);
            (even, odd) = (Weight(FirstRow + 16, j), Weight(FirstRow + 17, j));
            sums.AddOuter(2, x0, x1, even, odd);
            sums.AddOuter(6, x2, x3, even, odd);
            (even, odd) = (Weight(FirstRow + 24, j), Weight(FirstRow + 25, j));
            sums.AddOuter(3, x0, x1, even, odd);
            sums.AddOuter(7, x2, x3, even, odd);
        }

        StoreFragment(sums, 0, 0, 0);
        StoreFragment(sums, 1, 0, 8);
        StoreFragment(sums, 2, 0, 16);
        StoreFragment(sums, 3, 0, 24);
        StoreFragment(sums, 4, 16, 0);
        StoreFragment(sums, 5, 16, 8);
        StoreFragment(sums, 6, 16, 16);
        StoreFragment(sums, 7, 16, 24);
    }

    private readonly float Activation(int token, int channel) => PreservedActivations[(IntrinsicMath.Min(token, Tokens - 1) * (long)Preserved) + channel];

    private readonly float Weight(int row, int channel) => PreservedColumns[(IntrinsicMath.Min(row, EndRow - 1) * (long)Preserved) + channel];

    private readonly void StoreFragment(TensorSums sums, int fragment, int tokenOffset, int rowOffset)
    {
        sums.Read(fragment, out float upperEven, out float upperOdd, out float lowerEven, out float lowerOdd);
        int token = FirstToken + tokenOffset, row = FirstRow + rowOffset;
        Store(token, row, upperEven);
        Store(token, row + 1, upperOdd);
        Store(token + 8, row, lowerEven);
        Store(token + 8, row + 1, lowerOdd);
    }

    private readonly void Store(int token, int row, float product)
    {
        if (token < Tokens && row < EndRow)
        {
            Products[(token * (long)Rows) + row] = product;
        }
    }
}
