namespace OutlierQuant.Models.Linears;

/// <summary>Computes linears that read the same input, such as query, key and value, as one loop of the team.</summary>
/// <remarks>
/// The threads are woken once, the rows of all linears are shared out together, so that a small one does not leave threads idle, and the input is
/// rounded to codes once for all linears that round it in the same way. The bits are those of each linear by itself.
/// </remarks>
internal static class LinearLoop
{
    /// <summary>Computes every linear.</summary>
    /// <param name="linears">Linears with the same number of input features, at least one.</param>
    /// <param name="input">Values of the tokens. Shape [tokens, inFeatures].</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="chunk">Which tokens they are.</param>
    /// <param name="outputs">Receives the output of each linear. Shapes [tokens, outFeatures].</param>
    /// <param name="context">Kernels and threads.</param>
    public static void Run(
        IReadOnlyList<Linear> linears, ReadOnlyMemory<float> input, int tokens, SequenceChunk chunk, IReadOnlyList<Memory<float>> outputs, ComputeContext context)
    {
        using SharedInput shared = new(input, tokens, context);
        List<LinearProduct> products = [];
        for (int i = 0; i < linears.Count; i++)
        {
            if (linears[i].Prepare(shared, chunk, outputs[i]) is LinearProduct product)
            {
                products.Add(product);
                continue;
            }

            using PartClock alone = context.Measure(ForwardTiming.PartOf(linears[i]));
            linears[i].Forward(input, tokens, chunk, outputs[i], context);
        }

        using PartClock clock = context.Measure(ForwardTiming.PartOf(linears[0]));
        Compute(products, context);
    }

    /// <summary>Shares out the pieces of all products, numbered one product after the other.</summary>
    private static void Compute(List<LinearProduct> products, ComputeContext context) =>
        context.Team.Run(products.Sum(product => product.Pieces), 1, (first, count) =>
        {
            foreach (LinearProduct product in products)
            {
                int skipped = Math.Max(first, 0);
                int taken = Math.Min(first + count, product.Pieces) - skipped;
                if (taken > 0)
                {
                    product.ComputePieces(skipped, taken);
                }

                first -= product.Pieces;
            }
        }, products.Exists(product => product.NeedsOwnThreads));
}
