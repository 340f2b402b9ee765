namespace OutlierQuant.Eval.Reports;

/// <summary>What the numbers of a report mean. A page lists those that it links to.</summary>
internal static class Definitions
{
    private static readonly SortedDictionary<string, (string Name, string Meaning)> s_all = new(StringComparer.Ordinal)
    {
        ["alpha"] = ("α, sink metric", "Over windows of T tokens, α of a key is the mean attention that it gets from the queries at and after it, Σ A(i, k) / (T − k). A key is a sink in a head where α > ε. The metric is the share of heads and windows in which it is (Gu et al., arXiv:2410.10781)."),
        ["arm"] = ("Arm", "One way to quantize: a scheme, and what it preserves. Every arm is scored on the same tokens as the full-precision model."),
        ["bits-lost"] = ("Bits lost", "log2(max / p99.9): the bits of a code that only the largest 0.1 % of the entries of a tensor use."),
        ["bits"] = ("Bits", "Bits stored for one weight of the linears, scales and preserved columns included."),
        ["companion"] = ("Companion", "A channel of a massive token beyond three standard deviations of that token's channels that does not itself pass the detector."),
        ["constancy"] = ("Constancy of the value update", "u(t) = Σ p(i) · v(i) over the massive tokens, for each query t. B = mean ‖u(t) − mean u‖ / ‖mean u‖; small where the update is the same for every query. The null takes as many random source tokens of the same window instead, many times."),
        ["coordinate"] = ("Coordinate", "One channel of the residual stream at one class of tokens."),
        ["cv"] = ("Coefficient of variation", "Standard deviation over magnitude of the mean. 0 is a constant."),
        ["delta"] = ("Δ nll", "Mean over tokens of the loss minus the full-precision model's on the same tokens, in nats. ± is half of the 95 % interval."),
        ["dormant"] = ("Dormant, mixed, active", "A query is parked where its attention to all sinks exceeds a stated share. A head is dormant where at least 90 % of its queries are parked, active where at most 10 % are."),
        ["error-share"] = ("Share of the error", "1 − Σ(y − ŷ kept)² / Σ(y − ŷ)², over tokens that do not hold the spike: how much of their rounding error goes away when the element stays in float and out of the scale."),
        ["fake"] = ("Fake", "Values are rounded as the scheme says but carried as floats; the arithmetic is not that of integer kernels."),
        ["fold"] = ("Fold", "The keys and values of a prefix are computed once in full precision and become constants; its tokens leave the residual stream, and the others keep their positions."),
        ["gate"] = ("Gate s", "s = 1 − attention to position 0. A head's output is (1 − s) · v′ + s · (what it would be without that key)."),
        ["held"] = ("Held", "Values become 0 at every later block too, not only once where they appear."),
        ["interval"] = ("95 % interval", "From paired differences, clustered by window (Student's t); in the certificate by resampling windows (paired bootstrap). Whiskers in figures are the same."),
        ["jaccard"] = ("Jaccard index", "Coordinates that two sources have in common, over those that either has. 1 is the same set."),
        ["kl"] = ("KL", "Mean Kullback-Leibler divergence of the next-token distribution from the full-precision model's, in nats per token."),
        ["massive"] = ("Massive activation", "A value of a block's output above a magnitude and above a multiple of the median magnitude there. Sun et al. (arXiv:2402.17762) take 100 and 1000."),
        ["median"] = ("Median", "Of the magnitudes of all values of a block's output, over all tokens and channels."),
        ["onset"] = ("First massive block", "The first block whose output holds massive values; without any, the one whose strongest value is the largest multiple of the median."),
        ["perplexity"] = ("Perplexity", "exp of the mean negative log-likelihood in nats per token."),
        ["preserve"] = ("Preserved", "none: every value is rounded. channels: a few stay in float. clip: those are clipped to the range of the rest. mean: constants take their place. fold: the prefix becomes constants of attention."),
        ["ratio"] = ("Ratio", "Perplexity over the full-precision model's on the same tokens. ×1 is no loss."),
        ["rewrite"] = ("Rewrite ratio", "The value at the first massive block over its largest magnitude at later blocks. Below 1, later blocks write more."),
        ["scale"] = ("Static scale", "Largest magnitude of a tensor over a calibration text, over the largest code: the step of a code."),
        ["sink"] = ("Sink", "A kind of key that gets more than ε of the attention on average in some head: see α."),
        ["sqnr"] = ("SQNR", "Signal-to-quantization-noise ratio, 10 · log10(Σ x² / Σ (x − x̂)²), in decibels. 6 dB are about one bit."),
        ["super-weight"] = ("Super weight", "One weight of a down projection that makes at least half of what a block adds to the spike's channel."),
        ["top1"] = ("Top-1", "Share of tokens where the arm and the full-precision model find the same next token likeliest."),
    };

    /// <summary>Makes a link to a definition.</summary>
    public static Term Of(string id, string text) => s_all.ContainsKey(id) ? new(id, text) : throw new ArgumentException($"There is no definition '{id}'.");

    /// <summary>Writes the definitions that the page has linked to so far.</summary>
    public static void Draw(Markup page)
    {
        page.Line($"<section class=\"method\" id=\"definitions\"><h2>Definitions</h2><dl>");
        foreach (var (id, (name, meaning)) in s_all.Where(entry => page.Linked.Contains(entry.Key)))
        {
            page.Line($"<dt id=\"def-{id}\">{name}</dt><dd>{meaning}</dd>");
        }

        page.Line($"</dl></section>");
    }
}
