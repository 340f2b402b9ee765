using OutlierQuant.Calibration.Statistics;

namespace OutlierQuant.Calibration.Coordinates;

/// <summary>What one coordinate (token class, channel) held at one block, over some windows.</summary>
internal struct CoordinateTally
{
    /// <summary>The windows' values: in each window that holds a token of the class, the entry of largest magnitude, signed.</summary>
    public RunningMoments All;

    /// <summary>The same, over the windows where that entry is massive.</summary>
    public RunningMoments Massive;

    /// <summary>Massive entries in all windows.</summary>
    public int Entries;

    /// <summary>Whether the coordinate is massive in at least half of the windows that hold a token of its class.</summary>
    public readonly bool IsStable => Massive.Count > 0 && Massive.Count * 2L >= All.Count;

    /// <summary>Computes the tally of the windows of both.</summary>
    public readonly CoordinateTally Merge(CoordinateTally other) =>
        new() { All = All.Merge(other.All), Massive = Massive.Merge(other.Massive), Entries = Entries + other.Entries };
}
