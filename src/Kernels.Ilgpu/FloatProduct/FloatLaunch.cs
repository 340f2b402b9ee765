using OutlierQuant.Kernels.Ilgpu.CodeProduct.Formats;
using OutlierQuant.Kernels.Ilgpu.FloatProduct.Weights;

namespace OutlierQuant.Kernels.Ilgpu.FloatProduct;

/// <summary>Chooses the kernel of a product of float activations by its shape, and starts it.</summary>
internal sealed class FloatLaunch(IlgpuDevice device, LaunchSizes sizes, IlgpuRoutes routes)
{
    /// <summary>Names what multiplies float weights, for tables.</summary>
    public const string Name = "ilgpu";

    /// <summary>Names what multiplies weight codes, for tables.</summary>
    public string NameOverCodes(int groups, int groupSize, int tokens) => UsesTensorCores(groups, groupSize, tokens) ? "ilgpu mma" : "ilgpu";

    /// <summary>Says whether a product with weight codes needs <see cref="FloatOperands.HalfParts"/>.</summary>
    public bool UsesTensorCores(int groups, int groupSize, int tokens) => routes.TensorCores && tokens > routes.MostRowTokens && (groups <= 1 || groupSize % 32 == 0);

    /// <summary>Starts a product with float weights.</summary>
    public void Multiply(FloatType type, FloatOperands operands)
    {
        // One token of a transposed matrix goes in tiles too: their threads read neighbouring rows, which lie beside each other.
        if (operands.Tokens <= routes.MostRowTokens && operands.ColumnStride == 1)
        {
            Row(type switch { FloatType.F32 => FloatRow.Multiply<F32Weight>, FloatType.F16 => FloatRow.Multiply<F16Weight>, _ => FloatRow.Multiply<BF16Weight> }, operands);
        }
        else
        {
            Tile(type switch { FloatType.F32 => FloatTile.Multiply<F32Weight>, FloatType.F16 => FloatTile.Multiply<F16Weight>, _ => FloatTile.Multiply<BF16Weight> }, operands);
        }
    }

    /// <summary>Starts a product with weight codes.</summary>
    public void MultiplyCodes(WeightFormat format, FloatOperands operands)
    {
        if (UsesTensorCores(operands.Groups, operands.GroupSize, operands.Tokens))
        {
            Action<FloatOperands> kernel = ByFormat(format, FloatTensor.Multiply<Int8Codes>, FloatTensor.Multiply<Int4Codes>, FloatTensor.Multiply<TernaryCodes>);
            device.Launch(kernel, LaunchSizes.TensorTiles(operands.EndRow - operands.FirstRow, operands.Tokens), operands);
        }
        else if (operands.Tokens > routes.MostRowTokens)
        {
            Tile(ByFormat(format, FloatTile.Multiply<CodeWeight<Int8Codes>>, FloatTile.Multiply<CodeWeight<Int4Codes>>, FloatTile.Multiply<CodeWeight<TernaryCodes>>), operands);
        }
        else if (operands.Groups > 1 && operands.GroupSize % 32 != 0)
        {
            Row(ByFormat(format, FloatRow.Multiply<CodeWeight<Int8Codes>>, FloatRow.Multiply<CodeWeight<Int4Codes>>, FloatRow.Multiply<CodeWeight<TernaryCodes>>), operands);
        }
        else
        {
            Row(ByFormat(format, FloatCodeRow.Multiply<Int8Codes>, FloatCodeRow.Multiply<Int4Codes>, FloatCodeRow.Multiply<TernaryCodes>), operands);
        }
    }

    private static Action<FloatOperands> ByFormat(WeightFormat format, Action<FloatOperands> int8, Action<FloatOperands> int4, Action<FloatOperands> ternary) => format switch
    {
        WeightFormat.Int8 => int8,
        WeightFormat.Int4 => int4,
        _ => ternary,
    };

    private void Row(Action<FloatOperands> kernel, FloatOperands operands) =>
        device.Launch(kernel, sizes.Rows(operands.EndRow - operands.FirstRow, operands.Tokens), operands);

    private void Tile(Action<FloatOperands> kernel, FloatOperands operands) =>
        device.Launch(kernel, sizes.Tiles(operands.EndRow - operands.FirstRow, operands.Tokens, FloatTile.MostThreads), operands);
}
