using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Comparison;

/// <summary>How large a model's weights are.</summary>
/// <param name="BitsPerWeight">Bits stored for one weight of the linears of all blocks, codes, scales and preserved columns included; the head counts where it is quantized.</param>
/// <param name="Bytes">Bytes of the tensors of the checkpoint that the model was opened from.</param>
internal readonly record struct ModelSize(double BitsPerWeight, long Bytes)
{
    public static ModelSize Of(TransformerModel model)
    {
        var linears = model.Linears.Where(linear => linear.Block >= 0 || linear is QuantizedLinear).ToArray();
        var weights = linears.Sum(linear => (double)linear.InFeatures * linear.OutFeatures);
        return new ModelSize(8 * linears.Sum(linear => (double)linear.WeightByteSize) / weights, model.Store.Tensors.Sum(tensor => tensor.ByteLength));
    }
}
