using System.Numerics.Tensors;
using OutlierQuant.Eval.Scoring;
using OutlierQuant.Models;

namespace OutlierQuant.Eval;

/// <summary>A model gave a logit that is NaN or infinite, so there is no likelihood to report.</summary>
public sealed class NonFiniteLogitsException : ArithmeticException
{
    private NonFiniteLogitsException(string message, int window, int position, int? block)
        : base(message)
    {
        Window = window;
        Position = position;
        Block = block;
    }

    /// <summary>Gets the index of the window among those scored.</summary>
    public int Window { get; }

    /// <summary>Gets the position in the window whose logits are not all finite.</summary>
    public int Position { get; }

    /// <summary>Gets the first block whose output is not finite; null when all are, so that the final norm or the head is at fault.</summary>
    public int? Block { get; }

    /// <summary>Runs a window again to find where the first value that is not finite comes from.</summary>
    /// <param name="model">The model.</param>
    /// <param name="scored">The window.</param>
    /// <param name="window">The window's index.</param>
    /// <param name="target">Index among its targets of the first one without a finite likelihood.</param>
    internal static NonFiniteLogitsException Diagnose(TransformerModel model, ScoredWindow scored, int window, int target)
    {
        var search = new FirstBlockSearch();
        new ForwardPass(model).Run([scored.TokenIds], search, new ForwardOptions { Observer = search });
        var position = scored.FirstTarget - 1 + target;
        var origin = search.Block is { } block
            ? $"the output of block {block} is the first that is not finite, at position {search.Position}, channel {search.Channel}"
            : "every block's output is finite, so the final norm or the output head made it";
        return new NonFiniteLogitsException(
            $"window {window}, position {position}: a logit is NaN or infinite; {origin}. Check the checkpoint's weights there, or use a scheme with more bits.",
            window, position, search.Block);
    }

    private sealed class FirstBlockSearch : IForwardObserver, IWindowConsumer
    {
        public int? Block { get; private set; }

        public int Position { get; private set; }

        public int Channel { get; private set; }

        public bool Wants(ObservationPoint point) => point.Kind == ObservationKind.BlockOutput;

        public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
        {
            if (Block is null && !float.IsFinite(TensorPrimitives.MaxMagnitude(values)))
            {
                var index = 0;
                while (float.IsFinite(values[index]))
                {
                    index++;
                }

                (Block, Position, Channel) = (point.Block, chunk.FirstPosition + (index / columns), index % columns);
            }
        }

        public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
        {
        }
    }
}
