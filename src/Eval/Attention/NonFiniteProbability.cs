namespace OutlierQuant.Eval.Attention;

/// <summary>What is thrown where a model gives an attention probability that is NaN: no share of it would mean anything.</summary>
internal static class NonFiniteProbability
{
    /// <summary>Names the place, and what to check.</summary>
    public static ArithmeticException At(int block, int window, int head, int key) => new(
        $"attention of block {block}: window {window}, head {head} gives key {key} a probability that is NaN; activations must be finite. Check the checkpoint's weights and its type: values beyond float16's range overflow.");
}
