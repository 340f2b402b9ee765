namespace OutlierQuant.Models.Engines;

/// <summary>Where blocks are computed: on the CPU, or on a device with memory of its own. <see cref="ForwardPass"/> and <see cref="DecodingSession"/> say when.</summary>
internal interface IForwardEngine : IDisposable
{
    /// <summary>Reads the embeddings of some tokens of one sequence.</summary>
    /// <param name="chunk">The tokens, already checked.</param>
    /// <param name="window">0-based window, for the observer.</param>
    /// <param name="observer">Who watches; null for nobody.</param>
    IForwardStream Start(SequenceChunk chunk, int window, IForwardObserver? observer);
}
