namespace OutlierQuant.Models.Tests;

/// <summary>Keeps what it sees.</summary>
internal sealed class RecordingObserver(Func<ObservationPoint, bool> wants) : IForwardObserver
{
    public List<(ObservationPoint Point, int Window, SequenceChunk Chunk, float[] Values, int Rows, int Columns)> Seen { get; } = [];

    public bool Wants(ObservationPoint point) => wants(point);

    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns) =>
        Seen.Add((point, window, chunk, values.ToArray(), rows, columns));
}
