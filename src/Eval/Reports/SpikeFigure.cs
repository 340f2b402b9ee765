using OutlierQuant.Eval.Tracing;

namespace OutlierQuant.Eval.Reports;

/// <summary>Draws how a spike comes and goes: what attention and the MLP of every block add to its channel, and the value after the block.</summary>
internal static class SpikeFigure
{
    private const double Width = 860;
    private const double Height = 300;
    private const double Left = 64;
    private const double Right = 130;
    private const double Top = 22;
    private const double Bottom = 40;
    private const double LabelHeight = 12;

    public static void Draw(Markup page, IReadOnlyList<BlockStep> path)
    {
        double[] ends = [0, path[0].Before, .. path.SelectMany(step => new[] { step.Attention, step.Mlp, step.After })];
        var (low, high) = (ends.Min(), ends.Max());
        var span = high - low == 0 ? 1 : high - low;
        var slot = (Width - Left - Right) / (path.Count + 1);
        page.Line($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-labelledby=\"spike-title spike-description\">");
        page.Line($"<title id=\"spike-title\">How the spike comes and goes</title>");
        page.Line($"<desc id=\"spike-description\">The embedding holds {NumberText.Short(path[0].Before)}. {string.Join(". ", path.Select(step => $"Block {step.Block}: attention adds {NumberText.Short(step.Attention)}, the MLP {NumberText.Short(step.Mlp)}, which makes {NumberText.Short(step.After)}"))}.</desc>");
        foreach (var value in new[] { low, 0, high }.Distinct().Where(value => value == 0 || Math.Abs(Y(value) - Y(0)) > LabelHeight))
        {
            page.Line($"<line class=\"{(value == 0 ? "base" : "grid")}\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(value):0.#}\" y2=\"{Y(value):0.#}\"/>");
            page.Line($"<text class=\"tick end\" x=\"{Left - 8}\" y=\"{Y(value) + 4:0.#}\">{NumberText.Short(value)}</text>");
        }

        var every = Math.Max(1, (path.Count + 23) / 24);
        for (var index = 0; index < path.Count; index++)
        {
            var (step, middle) = (path[index], Middle(index + 1));
            DrawBar(page, "clip", middle - (slot * 0.32), slot * 0.3, step.Attention, $"block {step.Block}: attention adds {NumberText.Short(step.Attention)}");
            DrawBar(page, "none", middle, slot * 0.3, step.Mlp, $"block {step.Block}: the MLP adds {NumberText.Short(step.Mlp)}");
            if (index % every == 0)
            {
                page.Line($"<text class=\"tick middle\" x=\"{middle:0.#}\" y=\"{Height - Bottom + 16}\">{step.Block}</text>");
            }
        }

        page.Line($"<polyline class=\"line median\" points=\"{string.Join(' ', path.Select(step => step.After).Prepend(path[0].Before).Select((value, index) => FormattableString.Invariant($"{Middle(index):0.#},{Y(value):0.#}")))}\"/>");
        page.Line($"<text class=\"tick middle\" x=\"{Middle(0):0.#}\" y=\"{Height - Bottom + 16}\">embed</text><text class=\"label middle\" x=\"{(Left + Width - Right) / 2:0.#}\" y=\"{Height - 6}\">block</text><text class=\"label\" x=\"8\" y=\"{12}\">value of the channel</text>");
        page.Line($"<text class=\"tick none\" x=\"{Width - Right + 12}\" y=\"{Top + 10}\">■ MLP adds</text><text class=\"tick clip\" x=\"{Width - Right + 12}\" y=\"{Top + 28}\">■ attention adds</text><text class=\"name median\" x=\"{Width - Right + 12}\" y=\"{Top + 46}\">value after</text>");
        page.Line($"</svg>");

        double Middle(int index) => Left + ((index + 0.5) * slot);
        double Y(double value) => Height - Bottom - ((value - low) / span * (Height - Top - Bottom));
        void DrawBar(Markup where, string kind, double x, double width, double value, string text) =>
            where.Line($"<rect class=\"bar {kind}\" x=\"{x:0.#}\" y=\"{Math.Min(Y(0), Y(value)):0.#}\" width=\"{width:0.#}\" height=\"{Math.Max(0.5, Math.Abs(Y(value) - Y(0))):0.#}\"><title>{text}</title></rect>");
    }
}
