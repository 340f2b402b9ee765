using System.Globalization;

namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>A block's index as a json key: decimal digits without a sign, a space or leading zeros.</summary>
internal static class BlockKey
{
    public static string Of(int block) => block.ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads a key; false unless writing the block gives the same key.</summary>
    public static bool TryParse(string key, out int block) =>
        int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out block) && Of(block) == key;
}
