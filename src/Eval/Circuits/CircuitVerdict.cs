using OutlierQuant.Eval.Reports;

namespace OutlierQuant.Eval.Circuits;

/// <summary>Says in words which parts the attention sink needs.</summary>
public static class CircuitVerdict
{
    /// <summary>The sink needs a part without which less than this share is left.</summary>
    private const double Needed = 0.5;

    /// <summary>A control that changes the attention by more than this share says that the measurement is rough; a part that does so upwards makes it grow.</summary>
    private const double Slack = 0.1;

    /// <summary>Writes a sentence on each group of parts.</summary>
    internal static IReadOnlyList<string> Describe(double attention, IReadOnlyList<SinkPartArm> arms, IReadOnlyList<MissingPart> missing, IReadOnlyList<int> channels)
    {
        SinkPartArm[] parts = [.. arms.Where(arm => !arm.IsControl).OrderBy(arm => arm.Left)], controls = [.. arms.Where(arm => arm.IsControl)];
        var sentences = new List<string> { $"Queries give position 0 {NumberText.Percent(attention)} of their attention." };
        Say("Less than half of it is left without", parts.Where(arm => arm.Left < Needed));
        Say("At least half of it is left without", parts.Where(arm => arm.Left >= Needed && arm.Left <= 1 + Slack));
        Say("It grows without", parts.Where(arm => arm.Left > 1 + Slack));
        var rough = controls.Where(arm => Math.Abs(arm.Left - 1) > Slack).ToArray();
        if (rough.Length > 0)
        {
            Say("But controls change it too", rough);
        }
        else if (controls.Length > 0)
        {
            sentences.Add($"The controls leave {NumberText.Percent(controls.Min(arm => arm.Left))} to {NumberText.Percent(controls.Max(arm => arm.Left))}.");
        }

        if (missing.Count > 0)
        {
            sentences.Add($"Not in this model: {string.Join("; ", missing.GroupBy(part => part.Reason).Select(group => $"{string.Join(", ", group.Select(part => Name(part.Part, channels)))} ({group.Key})"))}.");
        }

        return sentences;

        void Say(string what, IEnumerable<SinkPartArm> found)
        {
            if (found.Any())
            {
                sentences.Add($"{what}: {string.Join("; ", found.Select(arm => $"{Name(arm.Part, channels)} ({NumberText.Percent(arm.Left)})"))}.");
            }
        }
    }

    /// <summary>Names a part, for tables and sentences that say what is left without it.</summary>
    /// <param name="part">The part.</param>
    /// <param name="channels">The channels that keys no longer read, the largest ones.</param>
    public static string Name(SinkPart part, IReadOnlyList<int> channels) => part switch
    {
        SinkPart.QueryBias => "the biases of queries",
        SinkPart.FirstPosition => "the position table's first row",
        SinkPart.EffectivePosition => "the first row and what block 0 makes of it",
        SinkPart.Mlps => "the MLPs",
        SinkPart.Positions => "all positions",
        SinkPart.KeyColumns => $"channels {string.Join(", ", channels)} in keys",
        SinkPart.OtherPosition => "another row of the table",
        SinkPart.OtherEffectivePosition => "another row and what block 0 makes of it",
        SinkPart.RandomKeyColumns => "random channels in keys",
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, "There is no such part."),
    };
}
