using System.Globalization;

namespace OutlierQuant.Eval.Reports;

/// <summary>A ramp from dark blue over magenta to pale yellow, rising evenly in lightness, legible on light and dark ground and in grey.</summary>
internal static class ColourRamp
{
    private static readonly (double Red, double Green, double Blue)[] s_stops =
        [(18, 20, 56), (60, 27, 110), (125, 36, 128), (192, 58, 108), (240, 107, 74), (253, 176, 88), (255, 247, 190)];

    /// <summary>Returns the colour of a share, 0 to 1, as #rrggbb.</summary>
    public static string At(double share)
    {
        var place = Math.Clamp(share, 0, 1) * (s_stops.Length - 1);
        var index = Math.Min((int)place, s_stops.Length - 2);
        var (from, to, part) = (s_stops[index], s_stops[index + 1], place - index);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"#{Mix(from.Red, to.Red, part):x2}{Mix(from.Green, to.Green, part):x2}{Mix(from.Blue, to.Blue, part):x2}");
    }

    private static int Mix(double from, double to, double part) => (int)Math.Round(from + ((to - from) * part));
}
