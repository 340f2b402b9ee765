using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Checkpoints;
using OutlierQuant.Models;

namespace OutlierQuant.Calibration.Building;

/// <summary>Computes the <see cref="ModelFingerprint"/> of a checkpoint.</summary>
internal static class ModelFingerprinter
{
    private const int SampledBytes = 4096;

    /// <summary>Reads <c>config.json</c> and a sample of every tensor.</summary>
    public static ModelFingerprint Of(TransformerModel model)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(File.ReadAllBytes(model.Config.Path));
        long parameters = 0;
        foreach (Tensor tensor in model.Store.Tensors)
        {
            string shape = string.Join(',', tensor.Shape.Select(size => size.ToString(CultureInfo.InvariantCulture)));
            hash.AppendData(Encoding.UTF8.GetBytes($"\n{tensor.Name}\n{tensor.Type}\n{shape}\n"));
            int sampled = (int)Math.Min(SampledBytes, tensor.ByteLength);
            hash.AppendData(tensor.Bytes(0, sampled));
            hash.AppendData(tensor.Bytes(tensor.ByteLength - sampled, sampled));
            parameters += tensor.ElementCount;
        }

        return new ModelFingerprint(
            new DirectoryInfo(model.Directory).Name,
            model.Config.Architecture,
            model.Store.Tensors.Count,
            parameters,
            Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
