using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Eval.Circuits;

/// <summary>Makes models that lack one part of what may make the attention sink.</summary>
/// <param name="model">The model.</param>
/// <param name="window">A window: the positions that there are. Shape <c>[context]</c>.</param>
/// <param name="channels">The channels that are largest at position 0.</param>
/// <param name="randomChannels">As many others.</param>
/// <param name="cancellation">Stops the work.</param>
internal sealed class SinkParts(TransformerModel model, int[] window, IReadOnlyList<int> channels, IReadOnlyList<int> randomChannels, CancellationToken cancellation)
{
    private readonly Lazy<float[]> _effective = new(() => EffectivePositions.Of(model, window, cancellation));

    /// <summary>Gets the position in the middle, which is any other.</summary>
    public int OtherPosition { get; } = window.Length / 2;

    /// <summary>Says whether a change is a control.</summary>
    public static bool IsControl(SinkPart part) => part is SinkPart.OtherPosition or SinkPart.OtherEffectivePosition or SinkPart.RandomKeyColumns;

    /// <summary>Says why the model lacks a part; null if it has it.</summary>
    public string? WhyMissing(SinkPart part) => part switch
    {
        SinkPart.QueryBias when !model.Linears.Any(HasQueryBias) => "queries have no bias",
        SinkPart.KeyColumns or SinkPart.RandomKeyColumns when model.Config.BlockCount == 1 => "one block, which reads no other's output",
        SinkPart.FirstPosition or SinkPart.EffectivePosition or SinkPart.Positions or SinkPart.OtherPosition or SinkPart.OtherEffectivePosition when !model.HasLearnedPositions =>
            "positions rotate queries and keys; there is no table of them",
        _ => null,
    };

    /// <summary>Gives the model without a part that it has; the model stays its owner.</summary>
    public TransformerModel Without(SinkPart part) => part switch
    {
        SinkPart.QueryBias => model.With(WithoutQueryBias),
        SinkPart.FirstPosition => WithRow(0, OtherPosition),
        SinkPart.OtherPosition => WithRow(OtherPosition, OtherPosition + 1),
        SinkPart.EffectivePosition => model.With(transforms: [new PositionExchange(0, OtherPosition, _effective.Value)]),
        SinkPart.OtherEffectivePosition => model.With(transforms: [new PositionExchange(OtherPosition, OtherPosition + 1, _effective.Value)]),
        SinkPart.Mlps => model.With(linear => linear.Role == LinearRole.Down ? new ZeroLinear(linear) : linear),
        SinkPart.Positions => model.With(embedding: new EmbeddingChange { PositionRow = _ => null }),
        SinkPart.KeyColumns => model.With(linear => Blind(linear, channels)),
        SinkPart.RandomKeyColumns => model.With(linear => Blind(linear, randomChannels)),
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, "There is no such part."),
    };

    private static bool HasQueryBias(Linear linear) => linear is FloatLinear { Role: LinearRole.Query or LinearRole.QueryKeyValue, Bias: not null };

    private TransformerModel WithRow(int position, int row) => model.With(embedding: new EmbeddingChange { PositionRow = any => any == position ? row : any });

    private Linear WithoutQueryBias(Linear linear)
    {
        if (!HasQueryBias(linear))
        {
            return linear;
        }

        var projection = (FloatLinear)linear;
        var bias = projection.Bias!.ToArray();
        bias.AsSpan(0, model.Config.HeadCount * model.Config.HeadSize).Clear();
        return new FloatLinear(projection.Name, projection.Block, projection.Role, projection.Weight, projection.IsTransposed, bias);
    }

    private Linear Blind(Linear linear, IReadOnlyList<int> unread)
    {
        var keys = model.Config.KeyValueHeadCount * model.Config.HeadSize;
        return linear.Role switch
        {
            LinearRole.Key => new BlindKeys(linear, 0, keys, unread),
            LinearRole.QueryKeyValue => new BlindKeys(linear, model.Config.HeadCount * model.Config.HeadSize, keys, unread),
            _ => linear,
        };
    }
}
