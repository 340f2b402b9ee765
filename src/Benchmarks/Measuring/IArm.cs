namespace OutlierQuant.Benchmarks.Measuring;

/// <summary>One of the things that are timed in turn.</summary>
internal interface IArm
{
    /// <summary>Gets how often one sample repeats the work, so that a sample is long enough for the clock.</summary>
    int Repeats { get; }

    /// <summary>What comes before the product and is timed for itself: rounding activations to codes, for example. May do nothing.</summary>
    void Prepare();

    /// <summary>The work itself.</summary>
    void Run();
}
