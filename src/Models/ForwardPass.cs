using OutlierQuant.Models.Blocks;

namespace OutlierQuant.Models;

/// <summary>The forward pass over many windows, layer-major: all windows in flight go through a block before the next block is touched.</summary>
/// <remarks>
/// <para>Weights are read from mapped memory, so at any time only one block of them needs to be in memory, whatever the model's size. Windows
/// are in flight together as far as <see cref="ForwardOptions.ActivationBudgetBytes"/> allows; the results do not depend on it, bit for bit.</para>
/// <para>For each block, in this order: its linears' inputs and its attention probabilities are shown to the observer as they arise, its output is
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
        Scratch scratch = new();
        KeyValueCache cache = model.CreateCache();
        for (int first = 0; first < windows.Count;)
        {
            BlockCall[] calls = [.. TakeBatch(windows, first, options.ActivationBudgetBytes).Select((ids, i) => new BlockCall(
                new SequenceChunk(ids, 0, options.StartsWithBos ?? ids[0] == model.Config.BosTokenId), first + i, cache, scratch, model.Context, options.Observer))];
            RunBatch(calls, consumer, progress, options.Cancellation);
            first += calls.Length;
        }
    }

    private void RunBatch(BlockCall[] calls, IWindowConsumer consumer, ProgressCounter progress, CancellationToken cancellation)
    {
        float[][] hidden = new float[calls.Length][];
        for (int i = 0; i < calls.Length; i++)
        {
            hidden[i] = new float[calls[i].Tokens * model.Config.HiddenSize];
            model.Embed(calls[i].Chunk, hidden[i]);
        }

        foreach (TransformerBlock block in model.Blocks)
        {
            for (int i = 0; i < calls.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                calls[i].Cache.Clear();
                model.RunBlock(block, hidden[i], calls[i]);
                progress.BlockDone(calls[i].Tokens);
            }
        }

        for (int i = 0; i < calls.Length; i++)
        {
            model.Finish(hidden[i], calls[i]);
            consumer.Consume(calls[i].Window, calls[i].Chunk, hidden[i]);
            progress.WindowDone();
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
