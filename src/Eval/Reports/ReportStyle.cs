namespace OutlierQuant.Eval.Reports;

/// <summary>The style sheet of a report, for light and dark ground and for paper.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root {
          --ground: #fbfaf8; --card: #ffffff; --ink: #1d2330; --muted: #5d6574; --rule: #e4e2dd; --band: #f1ece1;
          --none: #c8452f; --channels: #0d7f78; --clip: #8a5cc4; --mean: #b07d14; --fold: #2f6fb5; --both: #3c3f8f; --control: #7d8695;
          --top-1: #c8452f; --top-2: #b07d14; --top-3: #8a5cc4; --median: #4a6fa5;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #14171d; --card: #1b1f27; --ink: #e8e9ec; --muted: #a2a9b6; --rule: #323844; --band: #272b33;
            --none: #f0806b; --channels: #4cc2b8; --clip: #b896e8; --mean: #dcb04e; --fold: #7fb2ea; --both: #a9a6f2; --control: #98a1b0;
            --top-1: #f0806b; --top-2: #dcb04e; --top-3: #b896e8; --median: #86a9dc;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        main { max-width: 1100px; margin: 0 auto; padding: 40px 24px 64px; }
        header { margin-bottom: 28px; }
        .brand { margin: 0; color: var(--channels); font-weight: 650; letter-spacing: .04em; font-size: 14px; }
        h1 { margin: 2px 0 0; font-size: 38px; line-height: 1.15; letter-spacing: -.01em; overflow-wrap: anywhere; }
        .facts { margin: 6px 0 0; color: var(--muted); }
        h2 { margin: 0 0 8px; font-size: 21px; }
        section { margin: 0 0 40px; }
        section > p { max-width: 74ch; margin: 0 0 14px; color: var(--muted); }
        figure { margin: 0; padding: 16px; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; overflow-x: auto; }
        svg { display: block; width: 100%; min-width: 640px; height: auto; font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        .tiles { display: flex; flex-wrap: wrap; gap: 12px; margin: 0 0 18px; }
        .tile { flex: 1 1 150px; display: flex; flex-direction: column; padding: 14px 16px; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; }
        .tile .what { color: var(--muted); font-size: 13px; }
        .tile .figure { font-size: 31px; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }
        .story { margin: 0; padding: 0; list-style: none; max-width: 82ch; }
        .story li { padding: 6px 0 6px 16px; border-left: 3px solid var(--rule); margin: 0 0 4px; overflow-wrap: anywhere; }
        .figure.none { color: var(--none); } .figure.channels { color: var(--channels); } .figure.clip { color: var(--clip); } .figure.mean { color: var(--mean); } .figure.fold { color: var(--fold); } .figure.fold-channels { color: var(--both); }
        .key { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; background: var(--muted); }
        .key.none { background: var(--none); } .key.channels { background: var(--channels); } .key.clip { background: var(--clip); } .key.mean { background: var(--mean); } .key.fold { background: var(--fold); } .key.fold-channels { background: var(--both); }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 20px; max-width: none; font-size: 14px; }
        .scroll { overflow-x: auto; margin-top: 18px; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; }
        table { border-collapse: collapse; width: 100%; font-size: 12.5px; font-variant-numeric: tabular-nums; }
        th, td { padding: 4px 7px; text-align: left; white-space: nowrap; }
        th { color: var(--muted); font-weight: 600; border-bottom: 1px solid var(--rule); }
        .n { text-align: right; }
        tr.first td { border-top: 1px solid var(--rule); }
        tr.baseline td { font-weight: 600; }
        th:first-child, td:first-child { padding-left: 14px; }
        td.kernels { color: var(--muted); white-space: normal; font-size: 11.5px; min-width: 110px; }
        .method p, p.under { font-size: 14px; } p.under { margin-top: 18px; }
        nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 30px; font-size: 14px; }
        a { color: var(--fold); } a.term { color: inherit; text-decoration: underline dotted; text-underline-offset: 3px; }
        h3 { margin: 22px 0 6px; font-size: 16px; } .story + p, figure + p, .scroll + p { margin-top: 16px; }
        dl { margin: 0; max-width: 82ch; font-size: 14px; } dt { margin-top: 10px; font-weight: 650; } dd { margin: 0; color: var(--muted); } dt:target, section:target > h2 { color: var(--channels); }
        .name-cell { white-space: normal; }
        text { fill: var(--ink); }
        .end { text-anchor: end; } .middle { text-anchor: middle; }
        .tick, .label, .note { fill: var(--muted); }
        .tick { font-size: 11px; } .strong { fill: var(--ink); font-weight: 700; }
        .group { font-weight: 600; }
        .grid { stroke: var(--rule); } .base { stroke: var(--ink); stroke-width: 1.4; }
        .band { fill: var(--band); }
        .line { fill: none; stroke-width: 2; } .dot { stroke: var(--card); stroke-width: 1.2; }
        .line.top-1 { stroke: var(--top-1); } .dot.top-1, .name.top-1 { fill: var(--top-1); }
        .line.top-2 { stroke: var(--top-2); } .dot.top-2, .name.top-2 { fill: var(--top-2); }
        .line.top-3 { stroke: var(--top-3); } .dot.top-3, .name.top-3 { fill: var(--top-3); }
        .line.median { stroke: var(--median); stroke-dasharray: 5 4; } .dot.median, .name.median { fill: var(--median); }
        .name { font-size: 12.5px; font-weight: 600; }
        .bar-ink { fill: var(--top-1); }
        .bar.none { fill: var(--none); } .bar.channels { fill: var(--channels); } .bar.clip { fill: var(--clip); } .bar.mean { fill: var(--mean); } .bar.fold { fill: var(--fold); } .bar.fold-channels { fill: var(--both); } .bar.control { fill: var(--control); }
        .tick.none { fill: var(--none); } .tick.channels { fill: var(--channels); } .tick.clip { fill: var(--clip); } .tick.mean { fill: var(--mean); } .tick.fold { fill: var(--fold); } .tick.fold-channels { fill: var(--both); }
        .whisker { stroke: var(--ink); stroke-width: 1.1; fill: none; }
        .ridge { fill: var(--card); stroke: var(--median); stroke-width: 1; stroke-linejoin: round; } .ridge.massive { stroke: var(--top-1); stroke-width: 1.6; }
        .frame { fill: none; stroke: var(--rule); } .open { fill: none; stroke: var(--none); stroke-width: 1.4; }
        .point { stroke: var(--card); stroke-width: .6; } .point.none { fill: var(--none); } .point.channels { fill: var(--channels); } .point.clip { fill: var(--clip); } .point.mean { fill: var(--mean); } .point.fold { fill: var(--fold); }
        .cell { font-size: 11px; font-weight: 700; fill: #ffffff; stroke: #14162e; stroke-width: 3px; paint-order: stroke; }
        @media print {
          :root { --ground: #ffffff; --card: #ffffff; --ink: #000000; --muted: #444a55; --rule: #cfcfcf; --band: #f1ece1; }
          main { max-width: none; padding: 0; } nav { display: none; } h2, h3 { break-after: avoid; } figure, tr { break-inside: avoid; } .scroll { overflow: visible; } td.kernels { display: none; }
        }

        """;

    /// <summary>The class of a preservation: its name with what a class cannot have replaced.</summary>
    public static string ClassOf(string preserve) => preserve.Replace('+', '-');
}
