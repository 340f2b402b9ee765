namespace OutlierQuant.Training.Optimization;

/// <summary>The learning rate of each step: a linear rise, then half a cosine down to a share of the largest.</summary>
/// <remarks>
/// With largest rate r, warm-up w, steps n and final share f, step s counted from 1 has <c>r · s / w</c> up to w, and then
/// <c>r · (f + (1 − f) · (1 + cos(π · (s − w) / (n − w))) / 2)</c>. Loshchilov and Hutter, arXiv:1608.03983, equation (5), without restarts.
/// </remarks>
internal static class LearningRateSchedule
{
    public static double At(int step, TrainingOptions options)
    {
        if (step <= options.WarmUpSteps)
        {
            return options.LearningRate * step / options.WarmUpSteps;
        }

        double share = (double)(step - options.WarmUpSteps) / (options.Steps - options.WarmUpSteps);
        return options.LearningRate * (options.FinalShare + ((1 - options.FinalShare) * (1 + Math.Cos(Math.PI * share)) / 2));
    }
}
