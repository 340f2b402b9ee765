namespace OutlierQuant.Calibration.Coordinates;

/// <summary>A part of the calibration text.</summary>
internal enum TextPart
{
    /// <summary>All windows.</summary>
    Whole,

    /// <summary>The first half of the windows, rounded down.</summary>
    FirstHalf,

    /// <summary>The other windows.</summary>
    SecondHalf,
}
