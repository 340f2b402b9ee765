using OutlierQuant.Models.Blocks;
using OutlierQuant.Models.Generation;

namespace OutlierQuant.Models.Engines;

/// <summary>Computes on the CPU, from weights in mapped memory.</summary>
/// <param name="model">The model.</param>
/// <param name="keepsSequence">Whether keys and values are kept from stream to stream, which then continue one sequence; otherwise every stream is a sequence.</param>
internal sealed class HostEngine(TransformerModel model, bool keepsSequence) : IForwardEngine
{
    private readonly KeyValueCache[] _caches = [.. Enumerable.Range(0, keepsSequence ? model.Blocks.Count : 1).Select(block => model.CreateCache(block))];
    private readonly Scratch _scratch = new();

    /// <inheritdoc/>
    public IForwardStream Start(SequenceChunk chunk, int window, IForwardObserver? observer)
    {
        float[] hidden = new float[chunk.TokenIds.Length * model.Config.HiddenSize];
        model.Embedding.Read(chunk, hidden, model.Context);
        return new Stream(this, hidden, chunk, window, observer);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>The cache of a block, with what it holds of this sequence.</summary>
    public KeyValueCache CacheOf(int block)
    {
        if (keepsSequence)
        {
            return _caches[block];
        }

        // Windows go through a block one after the other, so they can share the memory.
        _caches[0].Restart(model.ConstantsOf(block));
        return _caches[0];
    }

    private TransformerModel Model => model;

    private sealed class Stream(HostEngine engine, float[] hidden, SequenceChunk chunk, int window, IForwardObserver? observer) : IForwardStream
    {
        public SequenceChunk Chunk => chunk;

        public int Window => window;

        public void RunBlock(TransformerBlock block) => engine.Model.RunBlock(block, hidden, CallOf(chunk, engine.CacheOf(block.Index)));

        public ReadOnlyMemory<float> Finish(int firstToken)
        {
            Memory<float> rows = hidden.AsMemory(firstToken * engine.Model.Config.HiddenSize);
            engine.Model.Finish(rows, CallOf(From(firstToken), engine._caches[0]));
            return rows;
        }

        public void FinishLast(Memory<float> logits)
        {
            int last = chunk.TokenIds.Length - 1;
            engine.Model.ComputeLogits(Finish(last), 1, From(last), logits);
        }

        public int FinishAndChoose(TokenSampler sampler, Memory<float> room)
        {
            FinishLast(room);
            using PartClock clock = engine.Model.Context.Measure(ForwardPart.Sampling);
            return sampler.Choose(room.Span);
        }

        public void Dispose()
        {
        }

        private SequenceChunk From(int firstToken) =>
            chunk with { TokenIds = chunk.TokenIds[firstToken..], FirstPosition = chunk.FirstPosition + firstToken };

        private BlockCall CallOf(SequenceChunk tokens, KeyValueCache cache) => new(tokens, window, cache, engine._scratch, engine.Model.Context, observer);
    }
}
