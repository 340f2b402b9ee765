using System.CommandLine;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Checkpoints.Tokenization.Training;
using OutlierQuant.Cli.Commands;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Training.Data;
using OutlierQuant.Training.Runs;

namespace OutlierQuant.Cli.Training;

/// <summary>Reads the texts of a run, and its tokenizer, or trains one.</summary>
internal sealed class TrainingTexts : IDisposable
{
    public const double ValidationShare = 0.02;
    public const int DefaultVocabulary = 4096;

    public static readonly Option<string> Validation = new("--validation") { Description = "Text to validate on. Default: the last 2 % of --text, at least one window, which is then not trained on.", HelpName = "FILE" };
    public static readonly Option<string> TokenizerDirectory = new("--tokenizer") { Description = "Use the tokenizer of this checkpoint. Default: train one on --text.", HelpName = "DIR" };
    public static readonly Option<int?> Vocabulary = SharedOptions.PositiveOrNull("--vocabulary", $"Tokens of a tokenizer that is trained, {BytePairTrainer.SmallestVocabulary} to {BytePairTrainer.LargestVocabulary}. Default: {DefaultVocabulary}.");

    private readonly DirectoryInfo? _made;

    private TrainingTexts(TrainingInput input, DirectoryInfo? made) => (Input, _made) = (input, made);

    /// <summary>Gets what was read.</summary>
    public TrainingInput Input { get; }

    /// <summary>Reads.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="run">The directory of a run that is resumed, which has the tokenizer; null for a new run.</param>
    /// <param name="context">Tokens of a window: the least to validate on.</param>
    /// <param name="progress">Shows how far the work is.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static TrainingTexts Read(ParseResult arguments, string? run, int context, ProgressDisplay progress, CancellationToken cancellation)
    {
        if (arguments.GetValue(TokenizerDirectory) is not null && arguments.GetValue(Vocabulary) is not null)
        {
            throw new UsageException("Give either --tokenizer or --vocabulary, not both.");
        }

        string path = arguments.GetRequiredValue(SharedOptions.RequiredText);
        string text = TextFile.Read(path);
        string? validation = arguments.GetValue(Validation) is { } file ? TextFile.Read(file) : null;
        string? directory = run ?? arguments.GetValue(TokenizerDirectory);
        DirectoryInfo? made = directory is null ? Directory.CreateTempSubdirectory("outlierquant-") : null;
        try
        {
            if (made is not null)
            {
                progress.Note($"training a tokenizer on {Path.GetFileName(path)}");
                BytePairTrainer.Train(TrainingText.Split(text), arguments.GetValue(Vocabulary) ?? DefaultVocabulary, cancellation).Write(made.FullName);
                directory = made.FullName;
            }

            Tokenizer tokenizer = Tokenizer.Load(directory!);
            TrainingText whole = Encode(tokenizer, text, path);
            (TrainingText head, TrainingText tail) = validation is null ? whole.CutTail(ValidationShare, context) : (whole, Encode(tokenizer, validation, arguments.GetValue(Validation)!));
            return new TrainingTexts(new TrainingInput(tokenizer, directory!, head, tail), made);
        }
        catch
        {
            made?.Delete(recursive: true);
            throw;
        }

        TrainingText Encode(Tokenizer tokenizer, string content, string from) => TrainingText.Encode(
            tokenizer, content, Path.GetFileName(from), (done, total) => progress.Report("encoding", done, total, "characters"), cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _made?.Delete(recursive: true);
}
