using System.Globalization;

namespace OutlierQuant.Eval.Reports;

/// <summary>Numbers as people read them, the same on every machine.</summary>
internal static class NumberText
{
    /// <summary>Four significant digits, thousands grouped: 54.20, 1,092, 0.0124.</summary>
    public static string Short(double value)
    {
        var magnitude = Math.Abs(value);
        return magnitude switch
        {
            0 => "0",
            >= 1e7 or < 1e-4 => value.ToString("0.##e0", CultureInfo.InvariantCulture),
            >= 1000 => value.ToString("#,0", CultureInfo.InvariantCulture),
            >= 100 => value.ToString("0.0", CultureInfo.InvariantCulture),
            >= 10 => value.ToString("0.00", CultureInfo.InvariantCulture),
            >= 1 => value.ToString("0.000", CultureInfo.InvariantCulture),
            _ => value.ToString("0.####", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>A round value on an axis: 0.5, 1.05, 20, 1,000.</summary>
    public static string Tick(double value) => Math.Abs(value) is 0 or (>= 1e-3 and < 1e6) ? value.ToString("#,0.####", CultureInfo.InvariantCulture) : value.ToString("0.##e0", CultureInfo.InvariantCulture);

    /// <summary>A mean count with one digit, or none where it is whole: 8, 6.2.</summary>
    public static string Count(double value) => value.ToString("#,0.#", CultureInfo.InvariantCulture);

    /// <summary>How many times as large: ×1.002, ×2.05, ×10.3, ×1,092.</summary>
    public static string Ratio(double value) => "×" + value switch
    {
        >= 1e6 => value.ToString("0.0e0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1.1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.000", CultureInfo.InvariantCulture),
    };

    /// <summary>A count in millions or billions.</summary>
    public static string Millions(long count) => count >= 1_000_000_000
        ? (count / 1e9).ToString("0.00", CultureInfo.InvariantCulture) + " billion"
        : (count / 1e6).ToString("0.00", CultureInfo.InvariantCulture) + " million";

    /// <summary>A difference with its sign.</summary>
    public static string Signed(double value) => value.ToString("+0.0000;−0.0000;0.0000", CultureInfo.InvariantCulture);

    /// <summary>A share of 1 as a percentage with one digit.</summary>
    public static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    /// <summary>Bytes in MiB, or KiB below one.</summary>
    public static string Bytes(long bytes) => bytes >= 1 << 20
        ? (bytes / (double)(1 << 20)).ToString("#,0.00", CultureInfo.InvariantCulture) + " MiB"
        : (bytes / 1024.0).ToString("0.0", CultureInfo.InvariantCulture) + " KiB";
}
