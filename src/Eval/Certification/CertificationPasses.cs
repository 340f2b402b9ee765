using OutlierQuant.Models;

namespace OutlierQuant.Eval.Certification;

/// <summary>Counts the passes of a certification and reports them.</summary>
/// <param name="options">Whom to tell, and what stops the work.</param>
internal sealed class CertificationPasses(CertificationOptions options)
{
    private int _done;

    /// <summary>Gets or sets how many passes are known to be needed in all.</summary>
    public int Planned { get; set; }

    /// <summary>Makes the callback of the next pass.</summary>
    /// <param name="name">What it is for.</param>
    public Action<ForwardProgress> Next(string name)
    {
        var pass = _done++;
        return done => options.Progress?.Invoke(new ArmProgress(pass, Planned, name, done));
    }

    /// <summary>Runs a pass whose observer is all that matters.</summary>
    /// <param name="model">The model.</param>
    /// <param name="source">The windows.</param>
    /// <param name="observers">Who watches, in order.</param>
    public void Run(TransformerModel model, SourceWindows source, params IReadOnlyList<IForwardObserver> observers)
    {
        var group = new ObserverGroup(observers);
        new ForwardPass(model).Run(source.Set.Windows, group, new ForwardOptions
        {
            Observer = group,
            StartsWithBos = source.Set.Bos,
            Progress = Next(source.Set.Source),
            Cancellation = options.Cancellation,
        });
    }
}
