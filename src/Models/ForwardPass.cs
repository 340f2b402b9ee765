using OutlierQuant.Models.Blocks;
using OutlierQuant.Models.Engines;
using OutlierQuant.Models.Folding;

namespace OutlierQuant.Models;

/// <summary>The forward pass over many windows, layer-major: all windows in flight go through a block before the next block is touched.</summary>
/// <remarks>
/// <para>Weights are read from mapped memory, so at any time only one block of them needs to be in memory, whatever the model's size. Windows
/// are in flight together as far as <see cref="ForwardOptions.ActivationBudgetBytes"/> allows; the results do not depend on it, bit for bit.</para>
/// <para>For each block, in this order: its linears' inputs and what it wants of attention are shown to the observer as they arise, its output is
/// shown, and the model's transforms are applied to the output.</para>
/// </remarks>
/// <param name="model">The model.</param>
public sealed class ForwardPass(TransformerModel model)
{
    /// <summary>Computes every window.</summary>
    /// <param name="windows">Token ids of each window.</param>
    /// <param name="consumer">Receives the final hidden values of each window, in order.</param>
    /// <param name="options">Options; null for the defaults.</param>
    /// <exception cref="ArgumentException">A window is empty or too long, or a token id is not in the vocabulary.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public void Run(IReadOnlyList<int[]> windows, IWindowConsumer consumer, ForwardOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(windows);
        ArgumentNullException.ThrowIfNull(consumer);
        options ??= new ForwardOptions();
        for (int window = 0; window < windows.Count; window++)
        {
            model.CheckTokens(windows[window], 0, options.AllowBeyondMaxPositions, $"Window {window}");
        }

        ProgressCounter progress = new(windows, model.Blocks.Count, options.Progress);
        using IForwardEngine engine = model.CreateEngine(keepsSequence: false);
        for (int first = 0; first < windows.Count;)
        {
            int[][] batch = [.. TakeBatch(windows, first, options.ActivationBudgetBytes)];
            RunBatch(engine, batch, first, consumer, progress, options);
            first += batch.Length;
        }
    }

    private void RunBatch(IForwardEngine engine, int[][] batch, int firstWindow, IWindowConsumer consumer, ProgressCounter progress, ForwardOptions options)
    {
        IForwardStream[] streams = new IForwardStream[batch.Length];
        try
        {
            for (int i = 0; i < batch.Length; i++)
            {
                SequenceChunk chunk = new(batch[i], 0, options.StartsWithBos ?? batch[i][0] == model.Config.BosTokenId);
                streams[i] = FoldedStream.Start(engine, model, chunk, firstWindow + i, options.Observer);
            }

            foreach (TransformerBlock block in model.Blocks)
            {
                foreach (IForwardStream stream in streams)
                {
                    options.Cancellation.ThrowIfCancellationRequested();
                    stream.RunBlock(block);
                    progress.BlockDone(stream.Chunk.TokenIds.Length);
                }
            }

            foreach (IForwardStream stream in streams)
            {
                consumer.Consume(stream.Window, stream.Chunk, stream.Finish(0));
                progress.WindowDone();
            }
        }
        finally
        {
            foreach (IForwardStream? stream in streams)
            {
                stream?.Dispose();
            }
        }
    }

    /// <summary>The windows from one on whose activations fit the budget, at least one.</summary>
    private IEnumerable<int[]> TakeBatch(IReadOnlyList<int[]> windows, int first, long budgetBytes)
    {
        long residual = 0;
        long buffers = 0;
        for (int window = first; window < windows.Count; window++)
        {
            // Every window keeps its residual stream; the buffers of a block are shared and as large as the longest window needs.
            residual += windows[window].Length * BytesPerToken(model.Config.HiddenSize);
            buffers = Math.Max(buffers, windows[window].Length * BytesPerToken(model.BufferFeatures));
            if (window > first && residual + buffers > budgetBytes)
            {
                yield break;
            }

            yield return windows[window];
        }

        static long BytesPerToken(int features) => 4L * features;
    }
}
