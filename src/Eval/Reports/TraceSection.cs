using OutlierQuant.Eval.Tracing;

namespace OutlierQuant.Eval.Reports;

/// <summary>Which weights make the spike, and what it costs.</summary>
internal static class TraceSection
{
    public static void Draw(Markup page, TraceResult trace)
    {
        page.Line($"<section id=\"trace\"><h2>Where the spike comes from</h2>");
        SectionText.Sentences(page, trace.Verdict);
        if (trace.Spike is { } spike && trace.Path.Count > 0)
        {
            page.Line($"<p>Channel {spike.Channel} at '{spike.Token}', position {spike.Position} of window {spike.Window}: what attention and the MLP of every block add to it, and the value after the block.</p><figure>");
            SpikeFigure.Draw(page, trace.Path);
            page.Line($"</figure>");
        }

        DrawWeights(page, trace);
        DrawErrors(page, trace);
        page.Line($"</section>");
    }

    private static void DrawWeights(Markup page, TraceResult trace)
    {
        if (trace.SuperWeights.Count > 0)
        {
            ReportTable.Draw(
                page,
                1,
                [Definitions.Of("super-weight", "super weight"), "row", "column", "weight", "its input", "share"],
                trace.SuperWeights.Select(weight => (string?[])[weight.Linear, NumberText.Count(weight.Row), NumberText.Count(weight.Column), NumberText.Short(weight.Weight), NumberText.Short(weight.Input), NumberText.Percent(weight.Share)]));
        }

        if (trace.Path.Count > 0)
        {
            page.Line($"<h3>Strongest neuron of each block</h3>");
            ReportTable.Draw(
                page,
                0,
                ["block", "neuron", "its value", "weight", "adds", "of what the block adds", "value after"],
                trace.Path.Select(step => (string?[])[NumberText.Count(step.Block), NumberText.Count(step.Neuron), NumberText.Short(step.NeuronInput), NumberText.Short(step.Weight), NumberText.Short(step.Contribution), SectionText.Percent(step.ContributionShare), NumberText.Short(step.After)]));
        }

        if (trace.Controls.Count > 0)
        {
            page.Line($"<h3>Changed weights</h3>");
            ReportTable.Draw(
                page,
                2,
                ["change", "weight", Definitions.Of("perplexity", "perplexity"), Definitions.Of("ratio", "ratio"), Definitions.Of("delta", "Δ nll")],
                trace.Controls.Select(control => (string?[])[NameOf(control.Change), control.Row is { } row ? $"({row}, {control.Column})" : $"column {control.Column}", .. SectionText.Score(control.Score)]));
        }
    }

    private static void DrawErrors(Markup page, TraceResult trace)
    {
        if (trace.Errors.Count == 0)
        {
            return;
        }

        page.Line($"<h3>What each element costs the other tokens</h3>");
        ReportTable.Draw(
            page,
            3,
            ["kept in float", "what is rounded", "measured in", "bits", Definitions.Of("sqnr", "SQNR, dB"), "with it kept", Definitions.Of("error-share", "share of the error")],
            trace.Errors.Select(error => (string?[])[error.Element, error.Rounded, error.Compared, NumberText.Count(error.Bits), SectionText.Decibels(error.Sqnr), SectionText.Decibels(error.SqnrKept), SectionText.Percent(error.ErrorShare)]));
    }

    private static string NameOf(WeightChange change) => change switch
    {
        WeightChange.ZeroWeight => "weight to zero",
        WeightChange.MeanWeight => "its mean contribution instead",
        WeightChange.ZeroNeuron => "neuron to zero",
        WeightChange.MeanNeuron => "its mean contributions instead",
        _ => "control: a random weight to zero",
    };
}
