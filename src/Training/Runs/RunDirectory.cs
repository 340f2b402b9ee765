using OutlierQuant.Checkpoints;
using OutlierQuant.Models;
using OutlierQuant.Training.Optimization;
using OutlierQuant.Training.Parameters;
using OutlierQuant.Training.Saving;

namespace OutlierQuant.Training.Runs;

/// <summary>The files of a run: a checkpoint that everything opens, the record of the run, and the state that it goes on from.</summary>
internal sealed class RunDirectory(string path, ModelParameters parameters, AdamW optimizer, TrainingOptions options, ComputeContext compute)
{
    private static readonly string[] TokenizerFiles =
        ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt", "tokenizer.model"];

    public string Path => path;

    /// <summary>Makes the directory with a checkpoint of step 0, whole or not at all.</summary>
    /// <exception cref="IOException">The directory exists and is not empty, or cannot be written.</exception>
    public void Create(TrainingInput input, TrainingHistory history)
    {
        using AtomicDirectory staging = AtomicDirectory.Create(path);
        foreach (string name in TokenizerFiles)
        {
            string source = System.IO.Path.Combine(input.TokenizerDirectory, name);
            if (File.Exists(source))
            {
                File.Copy(source, System.IO.Path.Combine(staging.StagingPath, name));
            }
        }

        ConfigFile.Write(
            System.IO.Path.Combine(staging.StagingPath, "config.json"), options.Shape, options.StoredType, options.Bos ? input.Tokenizer.BosTokenId : null, input.Tokenizer.EosTokenId);
        Write(staging.StagingPath, history, 0, default);
        staging.Commit();
    }

    /// <summary>Writes a checkpoint over the one before. The state comes last: whatever is interrupted, it fits an older or equal record, and the rest is made again.</summary>
    public void Save(TrainingHistory history, int step, SinceRecord since) => Write(path, history, step, since);

    /// <summary>Reads the state.</summary>
    public (int Step, SinceRecord Since) ReadState() => TrainingState.Read(In(path, TrainingState.FileName), parameters.Set, optimizer);

    private void Write(string directory, TrainingHistory history, int step, SinceRecord since)
    {
        history.Save(In(directory, TrainingHistory.FileName));
        ModelFile.Write(In(directory, "model.safetensors"), parameters, options.Shape, options.StoredType, compute);
        TrainingState.Write(In(directory, TrainingState.FileName), parameters.Set, optimizer, step, since);
    }

    private static string In(string directory, string name) => System.IO.Path.Combine(directory, name);
}
