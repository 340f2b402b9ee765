using OutlierQuant.Benchmarks.Measuring;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Benchmarks.Ceilings;

/// <summary>The fastest loop of each kind on this machine, and every rate that it was seen to reach.</summary>
internal sealed class MachineCeilings
{
    private static readonly SamplingBudget Survey = new(5, 15, TimeSpan.FromSeconds(0.1));

    private readonly Dictionary<CeilingKind, CeilingArm> _best = [];
    private readonly Dictionary<CeilingKind, double> _oneThread = [];
    private readonly Dictionary<CeilingKind, List<SlowerInstruction>> _slower = [];
    private readonly Dictionary<CeilingKind, List<double>> _rates = [];

    private MachineCeilings()
    {
    }

    /// <summary>Measures all loops and keeps the fastest of each kind.</summary>
    /// <param name="loops">What this process can run; for reading memory and for binary32 at least one.</param>
    /// <param name="team">The threads.</param>
    /// <param name="sampler">Takes the samples.</param>
    /// <param name="cancellation">Stops between two samples.</param>
    public static MachineCeilings Measure(IReadOnlyList<CeilingLoop> loops, WorkerTeam team, InterleavedSampler sampler, CancellationToken cancellation)
    {
        MachineCeilings ceilings = new();
        CeilingLoop[] all = [.. loops];
        WarmUp.Run(() => Array.ForEach(all, loop => new CeilingArm(loop, team, onOneThread: true).Run()), cancellation);
        foreach (IGrouping<CeilingKind, CeilingLoop> kind in loops.GroupBy(loop => loop.Kind))
        {
            CeilingArm[] arms = [.. kind.Select(loop => new CeilingArm(loop, team))];
            IReadOnlyList<ArmSamples> samples = sampler.Measure(arms, Survey, cancellation);
            (CeilingArm Arm, double Rate)[] ranked = [.. arms.Select((arm, i) => (arm, arm.Amount / samples[i].RunSeconds)).OrderByDescending(pair => pair.Item2)];
            CeilingArm best = ranked[0].Arm;
            CeilingArm alone = new(best.Loop, team, onOneThread: true);
            ceilings._best[kind.Key] = best;
            ceilings._slower[kind.Key] = [.. ranked.Skip(1).Select(pair => new SlowerInstruction(pair.Arm.Loop.Instruction, pair.Rate / 1e9))];
            ceilings._rates[kind.Key] = [ranked[0].Rate];
            ceilings._oneThread[kind.Key] = alone.Amount / sampler.Measure([alone], Survey, cancellation)[0].RunSeconds;
        }

        return ceilings;
    }

    /// <summary>Gets the arm that measures a kind once more; null where no loop of the kind runs here.</summary>
    public CeilingArm? Arm(CeilingKind kind) => _best.GetValueOrDefault(kind);

    /// <summary>Notes a rate in bytes or operations a second that an arm has reached.</summary>
    public void Note(CeilingKind kind, double rate) => _rates[kind].Add(rate);

    /// <summary>Gives the medians.</summary>
    public CeilingReport Report()
    {
        ArithmeticCeiling f32 = Arithmetic(CeilingKind.F32);
        ArithmeticCeiling bf16 = _best.ContainsKey(CeilingKind.BF16) ? Arithmetic(CeilingKind.BF16) : f32 with { Instruction = $"none for bf16 here; widened to f32: {f32.Instruction}", Slower = [] };
        MemoryCeiling memory = new(Median(CeilingKind.DramRead), _oneThread[CeilingKind.DramRead] / 1e9, _best[CeilingKind.DramRead].Loop.Instruction);
        return new(memory, f32, bf16, Arithmetic(CeilingKind.Int8), Arithmetic(CeilingKind.Int4));
    }

    private ArithmeticCeiling Arithmetic(CeilingKind kind) => new(Median(kind), _oneThread[kind] / 1e9, _best[kind].Loop.Instruction, _slower[kind]);

    private double Median(CeilingKind kind) => ArmSamples.Median(_rates[kind]) / 1e9;
}
