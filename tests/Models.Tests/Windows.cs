using Xunit;

namespace OutlierQuant.Models.Tests;

/// <summary>Runs a forward pass and keeps the final hidden values of each window.</summary>
internal sealed class Windows : IWindowConsumer
{
    private readonly List<float[]> _finalHidden = [];

    public static List<float[]> Run(TransformerModel model, IReadOnlyList<int[]> windows, ForwardOptions? options = null)
    {
        Windows consumer = new();
        new ForwardPass(model).Run(windows, consumer, options);
        return consumer._finalHidden;
    }

    public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
    {
        Assert.Equal(_finalHidden.Count, window);
        _finalHidden.Add(finalHidden.ToArray());
    }
}
