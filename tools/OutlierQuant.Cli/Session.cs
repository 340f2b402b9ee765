using System.CommandLine;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Cli.Commands;
using OutlierQuant.Eval;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models;
using OutlierQuant.Models.Devices;

namespace OutlierQuant.Cli;

/// <summary>What nearly every verb opens first: the kernels, the threads, the model and its tokenizer.</summary>
internal sealed class Session : IDisposable
{
    private readonly WorkerTeam _team;
    private readonly ModelDevice? _device;

    private Session(WorkerTeam team, ModelDevice? device, TransformerModel model)
    {
        _team = team;
        _device = device;
        Model = model;
    }

    /// <summary>Gets the model.</summary>
    public TransformerModel Model { get; }

    /// <summary>Gets the model's tokenizer, loaded when first asked for.</summary>
    public Tokenizer Tokenizer => field ??= Tokenizer.Load(Model.Directory);

    /// <summary>Opens the model that the command line names.</summary>
    public static Session Open(ParseResult arguments) => Open(arguments.GetRequiredValue(SharedOptions.Model), arguments);

    /// <summary>Opens a model with the threads and kernels that the command line asks for.</summary>
    public static Session Open(string directory, ParseResult arguments)
    {
        KernelSuite suite = SuiteOf(arguments);
        WorkerTeam team = new(arguments.GetRequiredValue(SharedOptions.Threads));
        ModelDevice? device = null;
        try
        {
            device = OpenDevice(arguments);
            return new Session(team, device, TransformerModel.Open(directory, new ComputeContext(suite, team)
            {
                Device = device,
                Timing = arguments.GetValue(SharedOptions.Timing) ? new ForwardTiming() : null,
            }));
        }
        catch
        {
            CloseDevice(device);
            team.Dispose();
            throw;
        }
    }

    /// <summary>The kernels that the command line asks for; where a verb has no option for the precision of floats, they are exact.</summary>
    public static KernelSuite SuiteOf(ParseResult arguments) => KernelSuite.Choose(
        arguments.GetRequiredValue(SharedOptions.Kernels), arguments.GetValue(SharedOptions.Precision) is "bf16" ? FloatPrecision.BF16 : FloatPrecision.F32);

    /// <summary>The window length to use: the one asked for, or what the model allows up to a bound that keeps memory small.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="folded">A folded version of the model that reads the same windows; null for none.</param>
    /// <exception cref="UsageException">The model does not allow the length asked for.</exception>
    public int ContextOf(ParseResult arguments, TransformerModel? folded = null)
    {
        int allowed = (folded ?? Model).LongestSequence;
        if (arguments.GetValue(SharedOptions.Context) is not int asked)
        {
            return Math.Min(allowed, PerplexityOptions.DefaultContext);
        }

        return asked >= 2 && asked <= allowed ? asked : throw new UsageException($"--context is {asked}, but this model takes windows of 2 to {allowed} tokens.");
    }

    /// <summary>Whether windows start with BOS: yes, unless the user or the tokenizer says otherwise.</summary>
    /// <exception cref="UsageException">The user says otherwise, and the model's prefix is folded.</exception>
    public bool BosOf(ParseResult arguments) => AddsSpecialTokens(arguments) && Tokenizer.BosTokenId is not null;

    /// <summary>Whether a prompt gets the special tokens of the tokenizer's template: yes, unless the user says otherwise.</summary>
    /// <exception cref="UsageException">The user says otherwise, and the model's prefix is folded.</exception>
    public bool AddsSpecialTokens(ParseResult arguments)
    {
        bool noBos = arguments.GetValue(SharedOptions.NoBos);
        return noBos && Model.Fold?.Prefix is not null
            ? throw new UsageException("--no-bos is given, but this checkpoint's prefix is folded, and BOS stands for it at the start of every sequence.")
            : !noBos;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        CloseDevice(_device);
        _team.Dispose();
    }

    private static ModelDevice? OpenDevice(ParseResult arguments) =>
        arguments.GetValue(SharedOptions.Device) is string choice && DeviceCatalog.Open(choice) is IDevice device ? new ModelDevice(device) : null;

    private static void CloseDevice(ModelDevice? device)
    {
        device?.Dispose();
        device?.Device.Dispose();
    }
}
