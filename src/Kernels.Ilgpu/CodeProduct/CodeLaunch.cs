using OutlierQuant.Kernels.Ilgpu.CodeProduct.Formats;

namespace OutlierQuant.Kernels.Ilgpu.CodeProduct;

/// <summary>Chooses the kernel of a product of codes by its shape, and starts it.</summary>
internal sealed class CodeLaunch(IlgpuDevice device, LaunchSizes sizes, IlgpuRoutes routes)
{
    private enum Form
    {
        /// <summary>Groups that are not whole slices.</summary>
        AnyGroups,

        /// <summary>Few tokens.</summary>
        Row,

        /// <summary>Many tokens.</summary>
        Tile,

        /// <summary>Many tokens, on tensor cores.</summary>
        Tensor,
    }

    /// <summary>Names what runs, for tables.</summary>
    public string Name(int groups, int groupSize, int tokens) => Choose(groups, groupSize, tokens) switch
    {
        Form.AnyGroups => "ilgpu, short groups",
        Form.Tensor => "ilgpu mma",
        _ => "ilgpu",
    };

    /// <summary>Starts the product.</summary>
    public void Multiply(WeightFormat format, CodeOperands operands)
    {
        int rows = operands.EndRow - operands.FirstRow;
        switch (Choose(operands.Groups, operands.GroupSize, operands.Tokens))
        {
            case Form.AnyGroups:
                device.Launch(ByFormat(format, CodeGroups.Multiply<Int8Codes>, CodeGroups.Multiply<Int4Codes>, CodeGroups.Multiply<TernaryCodes>), sizes.Rows(rows, operands.Tokens), operands);
                break;
            case Form.Row:
                device.Launch(ByFormat(format, CodeRow.Multiply<Int8Codes>, CodeRow.Multiply<Int4Codes>, CodeRow.Multiply<TernaryCodes>), sizes.Rows(rows, operands.Tokens), operands);
                break;
            case Form.Tensor:
                device.Launch(ByFormat(format, CodeTensor.Multiply<Int8Codes>, CodeTensor.Multiply<Int4Codes>, CodeTensor.Multiply<TernaryCodes>), LaunchSizes.TensorTiles(rows, operands.Tokens), operands);
                break;
            default:
                device.Launch(ByFormat(format, CodeTile.Multiply<Int8Codes>, CodeTile.Multiply<Int4Codes>, CodeTile.Multiply<TernaryCodes>), sizes.Tiles(rows, operands.Tokens, CodeTile.MostThreads), operands);
                break;
        }
    }

    private static Action<CodeOperands> ByFormat(WeightFormat format, Action<CodeOperands> int8, Action<CodeOperands> int4, Action<CodeOperands> ternary) => format switch
    {
        WeightFormat.Int8 => int8,
        WeightFormat.Int4 => int4,
        _ => ternary,
    };

    private Form Choose(int groups, int groupSize, int tokens) =>
        groups > 1 && groupSize % 32 != 0 ? Form.AnyGroups
        : tokens <= routes.MostRowTokens ? Form.Row
        : routes.TensorCores ? Form.Tensor
        : Form.Tile;
}
