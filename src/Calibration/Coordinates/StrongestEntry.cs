namespace OutlierQuant.Calibration.Coordinates;

/// <summary>Where a coordinate is strongest: the first such entry in the order of windows and positions.</summary>
internal readonly record struct StrongestEntry(float Value, int Window, int Position, int TokenId);
