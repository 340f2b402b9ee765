using OutlierQuant.Calibration;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Eval.Scoring;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Attention;

/// <summary>The passes over long windows of the text, once the sinks are known.</summary>
/// <param name="model">The model.</param>
/// <param name="tokenizer">Its tokenizer.</param>
/// <param name="set">The windows.</param>
/// <param name="search">The sinks.</param>
/// <param name="options">Dormancy, the heads to draw, progress.</param>
internal sealed class TextPasses(TransformerModel model, Tokenizer tokenizer, CalibrationSet set, SinkSearch search, AttentionOptions options)
{
    /// <summary>The most tokens that a map shows: what fits a page with their names.</summary>
    private const int MostTokens = 32;

    /// <summary>The most blocks whose average is drawn.</summary>
    private const int MostBlocks = 6;

    private readonly SinkMarker _marker = new(search.Sinks, new TokenClassifier(tokenizer), set.Bos);

    /// <summary>Measures every head.</summary>
    public IReadOnlyList<HeadAttention> MeasureHeads()
    {
        var heads = model.Config.HeadCount;
        HeadTally[] tallies = [.. Enumerable.Range(0, model.Config.BlockCount * heads).Select(_ => new HeadTally(search.Sinks.Count, options.DormantShare))];
        var observer = new HeadObserver(set.Windows, _marker, tallies, heads, model.Config.KeyValueHeadCount, model.Context.Team);
        new ForwardPass(model).Run(set.Windows, observer, Forward(observer) with
        {
            Progress = done => options.Progress?.Invoke(new ArmProgress(search.PassCount - 1, search.PassCount, "heads", done)),
        });
        var firstIsSink = search.Sinks.Any(sink => sink.Kind == SinkKind.PositionZero);
        return [.. tallies.Index().Select(pair =>
        {
            var place = new HeadPlace(pair.Index / heads, pair.Index % heads);
            return pair.Item.Describe(place, search.FirstAlpha(place.Block, place.Head), firstIsSink);
        })];
    }

    /// <summary>Draws the first window, and measures by how much the closed form differs from what the model computed there.</summary>
    /// <param name="measured">Every head, to choose from.</param>
    public (AttentionPicture Picture, double Difference) Draw(IReadOnlyList<HeadAttention> measured)
    {
        var window = set.Windows[0];
        var shown = Math.Min(window.Length, MostTokens);
        var blocks = WindowCutter.PickEvenly<int>([.. Enumerable.Range(0, model.Config.BlockCount)], MostBlocks);
        var ofBlocks = blocks.Select(block => Map(block, null)).ToArray();
        var ofHeads = (options.Heads ?? ChooseHeads(measured)).Select(head => Map(head.Block, head.Head)).ToArray();
        var observer = new PictureObserver(model, shown, _marker.Mark(window), [.. ofBlocks, .. ofHeads]);
        new ForwardPass(model).Run([window], observer, Forward(observer));
        return (
            new AttentionPicture(
                [.. window.Take(shown).Select(tokenizer.PieceText)], window.Length, [.. ofBlocks.Select(map => map.Build())], [.. ofHeads.Select(map => map.Build())]),
            observer.LargestDifference);

        MapBuilder Map(int block, int? head) => new(block, head, model.Config.HeadCount, shown, search.Sinks.Count > 0);
    }

    /// <summary>Chooses the heads with the largest, the median and the smallest share of attention on sinks; of equal ones the first.</summary>
    internal static IReadOnlyList<HeadPlace> ChooseHeads(IReadOnlyList<HeadAttention> measured)
    {
        HeadAttention[] sorted = [.. measured.OrderByDescending(head => head.SinkShare)];
        return [.. new[] { sorted[0], sorted[sorted.Length / 2], sorted[^1] }.Select(head => new HeadPlace(head.Block, head.Head)).Distinct()];
    }

    private ForwardOptions Forward(IForwardObserver observer) => new() { Observer = observer, StartsWithBos = set.Bos, Cancellation = options.Cancellation };
}
