using OutlierQuant.Models;

namespace OutlierQuant.Eval;

/// <summary>Several observers of one pass; each sees what it wants, in the order in which they are named.</summary>
/// <param name="observers">The observers.</param>
internal sealed class ObserverGroup(params IReadOnlyList<IForwardObserver> observers) : IForwardObserver, IWindowConsumer
{
    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => observers.Any(observer => observer.Wants(point));

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        foreach (var observer in observers)
        {
            if (observer.Wants(point))
            {
                observer.Observe(point, window, chunk, values, rows, columns);
            }
        }
    }

    /// <inheritdoc/>
    public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
    {
    }
}
