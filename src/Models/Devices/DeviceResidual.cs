using OutlierQuant.Checkpoints.Configuration;
using OutlierQuant.Kernels.Devices;

namespace OutlierQuant.Models.Devices;

/// <summary>A <see cref="ResidualQuantizer"/> on a device.</summary>
internal sealed class DeviceResidual : IDisposable
{
    private readonly Dictionary<int, DeviceRounding> _blocks = [];
    private readonly List<IDisposable> _owned = [];

    public DeviceResidual(ResidualQuantizer quantizer, int hiddenSize, ModelDevice device)
    {
        try
        {
            foreach (ResidualBlock rule in quantizer.Residual.Blocks)
            {
                _blocks.Add(rule.Block, Upload(rule, quantizer, hiddenSize, device));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>How a block's output is rounded; null where it is not.</summary>
    public DeviceRounding? Of(int block) => _blocks.GetValueOrDefault(block);

    public void Dispose() => _owned.ForEach(owned => owned.Dispose());

    private DeviceRounding Upload(ResidualBlock rule, ResidualQuantizer quantizer, int hiddenSize, ModelDevice device)
    {
        // Under 'none' and 'clip' the listed channels are rounded like the rest.
        int[] channels = quantizer.SparesChannels ? [.. rule.Channels] : [];
        bool hasMeans = quantizer.PutsMeans;
        return new DeviceRounding(
            rule.Scale,
            quantizer.QMax,
            Own(device.MakeRoom(() => device.Device.Products.UploadChannels(channels, hiddenSize))),
            hasMeans ? Own(device.Upload([.. rule.MeansElsewhere], $"means of block {rule.Block}")) : null,
            hasMeans ? Own(device.Upload([.. rule.MeansAtSink], $"means of block {rule.Block}")) : null);
    }

    private T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }
}
