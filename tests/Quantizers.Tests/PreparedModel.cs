using OutlierQuant.Calibration;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Kernels;
using OutlierQuant.Kernels.Threading;
using OutlierQuant.Models;
using OutlierQuant.Testing;

namespace OutlierQuant.Quantizers.Tests;

/// <summary>An open checkpoint with its calibration profile.</summary>
internal sealed class PreparedModel : IDisposable
{
    private readonly TemporaryDirectory? _directory;
    private readonly CalibrationSet _set;

    private PreparedModel(string path, TemporaryDirectory? directory, int threads, Func<Tokenizer, CalibrationSet> calibration)
    {
        _directory = directory;
        Context = new ComputeContext(KernelSuite.Choose(), new WorkerTeam(threads));
        Model = TransformerModel.Open(path, Context);
        Tokenizer = Tokenizer.Load(path);
        _set = calibration(Tokenizer);
        Profile = Calibrator.Run(Model, Tokenizer, _set, new DetectorOptions());
    }

    public ComputeContext Context { get; }

    public TransformerModel Model { get; }

    public Tokenizer Tokenizer { get; }

    public CalibrationProfile Profile { get; }

    /// <summary>The model with BOS folded, and its profile.</summary>
    public FoldedCalibration Folded => field ??= Fold(new FoldOptions());

    /// <summary>Makes a small random checkpoint with an outlier at BOS. 80 inner channels are no multiple of a packing block or a group.</summary>
    public static PreparedModel Random(string architecture, bool tied = true, bool bos = true, int threads = 2)
    {
        var directory = new TemporaryDirectory();
        new RandomCheckpoint
        {
            Architecture = architecture,
            IntermediateSize = 80,
            Type = architecture == "GPT2LMHeadModel" ? Checkpoints.TensorType.F16 : Checkpoints.TensorType.BF16,
            TieWordEmbeddings = tied,
            BosOutlier = 60,
            Tokenizer = true,
        }.Write(directory.Path);
        return new PreparedModel(directory.Path, directory, threads, _ => new CalibrationSet("random", Windows(4, bos), bos, 16, 4));
    }

    /// <summary>Opens a trained model of the shared data, calibrated on 8 windows.</summary>
    public static PreparedModel Shared(string name) => new(
        SharedData.Require($"models/{name}"),
        null,
        2,
        tokenizer => TextWindows.Cut(tokenizer, File.ReadAllText(SharedData.Require("text/calib.txt")), "calib.txt", 256, true, 8));

    public QuantizationPlan Plan(string scheme, string preserve = "none", int? channels = null, bool includeHead = false, int? residualBlock = null) =>
        Plan(Options(scheme, preserve, channels, includeHead, residualBlock));

    public QuantizationPlan Plan(QuantizationOptions options) => options.Preserve.Folds()
        ? QuantizationPlanner.Plan(Folded.Model, Folded.Profile, options)
        : QuantizationPlanner.Plan(Model, Profile, options);

    public TransformerModel Apply(QuantizationPlan plan) => Quantizer.Apply(plan.Fold is null ? Model : Folded.Model, plan);

    public FoldedCalibration Fold(FoldOptions options) => FoldedCalibrator.Run(Model, Tokenizer, _set, new DetectorOptions(), options, Profile);

    public static QuantizationOptions Options(
        string scheme, string preserve = "none", int? channels = null, bool includeHead = false, int? residualBlock = null) => new()
        {
            Scheme = Scheme.Parse(scheme),
            Preserve = PreservationName.Parse(preserve),
            Channels = channels,
            IncludeHead = includeHead,
            ResidualBlock = residualBlock,
        };

    public void Dispose()
    {
        Model.Dispose();
        Context.Team.Dispose();
        _directory?.Dispose();
    }

    private static int[][] Windows(int count, bool bos)
    {
        var random = new Random(11);
        int[][] windows = [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, 16).Select(_ => random.Next(2, ByteTokenizer.VocabularySize)).ToArray())];
        foreach (int[] window in windows)
        {
            window[0] = bos ? ByteTokenizer.BosTokenId : window[0];
        }

        return windows;
    }
}
