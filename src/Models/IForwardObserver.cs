namespace OutlierQuant.Models;

/// <summary>Watches values inside a <see cref="ForwardPass"/> without changing them.</summary>
/// <remarks>Both methods are called on the thread that called <see cref="ForwardPass.Run"/>; within a block, windows come in order.</remarks>
public interface IForwardObserver
{
    /// <summary>Says whether a point is to be observed.</summary>
    /// <param name="point">The point; asked once for every window.</param>
    bool Wants(ObservationPoint point);

    /// <summary>Receives the values at one point for one window.</summary>
    /// <param name="point">Where the values are.</param>
    /// <param name="window">0-based window.</param>
    /// <param name="chunk">The window's tokens; for probabilities and scores of attention, which come in several calls, some of them in order.</param>
    /// <param name="values">
    /// The values; valid during the call only. Shape <c>[rows, columns]</c>: a row is a token, but for four kinds. Row <c>head × tokens + token</c> of
    /// <see cref="ObservationKind.AttentionProbabilities"/> and of <see cref="ObservationKind.AttentionScores"/>, of the chunk's tokens, has a column for every key of the window, after
    /// those of the constants (<see cref="TransformerModel.ConstantSlots"/>). Row <c>keyValueHead × keys + key</c> of <see cref="ObservationKind.AttentionValues"/>, which come before both,
    /// holds the value of one of those keys, constants first. Row <c>(keyValueHead × tokens + token) × group + i</c> of <see cref="ObservationKind.AttentionQueries"/> is query head
    /// <c>keyValueHead × group + i</c>.
    /// </param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns);
}
