using System.Text.Json;
using System.Text.RegularExpressions;
using OutlierQuant.Checkpoints;
using OutlierQuant.Checkpoints.Tests;
using OutlierQuant.Training.Runs;
using Xunit;

namespace OutlierQuant.Training.Tests.Runs;

public sealed class TrainingRunTests : IDisposable
{
    private readonly SmallRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void Run_AnyThreadCount_SameBytes()
    {
        _run.Train("one", SmallRun.Options, threads: 1);
        Dictionary<string, string> one = _run.Files("one");
        foreach (int threads in (int[])[2, 5])
        {
            _run.Train($"{threads}", SmallRun.Options, threads);
            Assert.Equal(one, _run.Files($"{threads}"));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(7)]
    public void Resume_AfterAnyStep_SameBytesAsWithoutStopping(int stopAfter)
    {
        TrainingOutcome whole = _run.Train("whole", SmallRun.Options);
        TrainingOutcome stopped = _run.Train("parts", SmallRun.Options, stopAfter: stopAfter);
        Assert.Equal((stopAfter, false), (stopped.Step, stopped.IsComplete));

        TrainingOutcome resumed = _run.Resume("parts", threads: 3);

        Assert.Equal((12, true), (resumed.Step, resumed.IsComplete));
        Assert.Equal(_run.Files("whole"), _run.Files("parts"));
        Assert.Equal(StepsOf(whole), StepsOf(resumed));
    }

    [Fact]
    public void Resume_AfterAKill_GoesOnFromTheLastCheckpoint()
    {
        _run.Train("whole", SmallRun.Options);
        _run.Train("killed", SmallRun.Options, stopAfter: 5);

        // What a process that is killed in step 9 leaves: measurements after the checkpoint, half a line, and a newer record than the state.
        File.Copy(Path.Combine(_run.Place("whole"), TrainingHistory.FileName), Path.Combine(_run.Place("killed"), TrainingHistory.FileName), overwrite: true);
        string[] log = File.ReadAllLines(Path.Combine(_run.Place("whole"), "log.jsonl"));
        File.WriteAllText(Path.Combine(_run.Place("killed"), "log.jsonl"), string.Join('\n', log[..3]) + "\n" + log[3][..20]);

        _run.Resume("killed");

        Assert.Equal(_run.Files("whole"), _run.Files("killed"));
        Assert.Equal(StepsOfLog("whole"), StepsOfLog("killed"));
    }

    [Fact]
    public void Run_Records_AreTheStepsAskedForAndTheLast()
    {
        TrainingOutcome outcome = _run.Train("run", SmallRun.Options with { Steps = 10 });

        Assert.Equal([0, 4, 8, 10], StepsOf(outcome));
        Assert.Equal([0, 4, 8, 10], StepsOfLog("run"));
        Assert.Equal([0L, 288, 576, 720], outcome.History.Records.Select(record => record.Tokens));
        Assert.Null(outcome.History.Records[0].Loss);
        Assert.All(outcome.History.Records, record => Assert.Equal((2, 2, 2), (record.Blocks.Count, record.FirstToken.ShareOfBlock.Count, record.ExplicitSink!.ShareOfBlock.Count)));
        Assert.Equal(JsonSerializer.Serialize(outcome.History, TrainingJson.Default.TrainingHistory), JsonSerializer.Serialize(TrainingHistory.Load(_run.Place("run")), TrainingJson.Default.TrainingHistory));
    }

    [Fact]
    public void Run_OtherSeed_OtherBytes()
    {
        _run.Train("1", SmallRun.Options with { Steps = 4 });
        _run.Train("2", SmallRun.Options with { Steps = 4, Seed = 2 });

        Assert.NotEqual(_run.Files("1")["model.safetensors"], _run.Files("2")["model.safetensors"]);
    }

    [Fact]
    public void Run_OneBatchAgainAndAgain_IsLearnedByHeart()
    {
        // Every step has the same windows, and they are all that is trained on.
        TrainingOptions options = SmallRun.Options with
        {
            Shape = SmallRun.Options.Shape with { HiddenSize = 32 },
            Steps = 300,
            Windows = 4,
            LearningRate = 1e-2,
            MeasureEvery = 100,
            CheckpointEvery = 300,
            WeightDecay = 0,
        };
        TrainingInput input = _run.InputOf(SmallRun.Text[..130]);

        TrainingOutcome outcome = SmallRun.With(2, compute => TrainingRun.Begin(_run.Place("batch"), input, options, compute).Run());

        Assert.Equal(4, outcome.History.Text.Windows);
        Assert.InRange(outcome.History.Records[0].ValidationLoss, 5, 6); // ln 258 = 5.55: nothing is known yet
        Assert.InRange(outcome.History.Records[^1].Loss!.Value, 0, 0.1);
    }

    [Fact]
    public void Run_LossThatIsNotFinite_StopsAndKeepsTheLastCheckpoint()
    {
        TrainingOptions options = SmallRun.Options with { LearningRate = 1e30, WarmUpSteps = 0, CheckpointEvery = 1, ClipNorm = 1e30 };
        TrainingDivergedException diverged = Assert.Throws<TrainingDivergedException>(() => _run.Train("wild", options));

        Assert.Matches(@"^Step \d+: .* is (NaN|Infinity|∞)\. The checkpoint of step \d+ is kept in .*wild", diverged.Message);
        using TensorStore store = TensorStore.Open(_run.Place("wild"));
        Assert.NotEmpty(store.Tensors);
    }

    [SmallDiskFact]
    public void Run_DiskThatFills_KeepsTheLastCheckpointToGoOnFrom()
    {
        _run.Train("whole", SmallRun.Options);
        using SmallDisk disk = SmallDisk.Mount();
        string directory = Path.Combine(disk.Path, "run"), filler = Path.Combine(disk.Path, "filler");

        IOException full = Assert.ThrowsAny<IOException>(() => SmallRun.With(2, compute => TrainingRun.Begin(directory, _run.Input, SmallRun.Options, compute).Run(progress =>
        {
            if (progress.Step == 6)
            {
                Fill(filler);
            }
        })));
        File.Delete(filler);
        SmallRun.With(2, compute => TrainingRun.Resume(directory, _run.Input, compute).Run());

        Assert.Contains("space", full.Message, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(Path.Combine(_run.Place("whole"), "model.safetensors")), File.ReadAllBytes(Path.Combine(directory, "model.safetensors")));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(directory), path => path.Contains("partial", StringComparison.Ordinal));
    }

    private static void Fill(string path)
    {
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(new byte[64]);
            }
        }
        catch (IOException)
        {
            // The disk is full now, which is what is wanted.
        }
    }

    [Fact]
    public void Begin_DirectoryThatIsNotEmpty_IsRefusedAndKept()
    {
        Directory.CreateDirectory(_run.Place("mine"));
        File.WriteAllText(Path.Combine(_run.Place("mine"), "mine.txt"), "mine");

        IOException refused = Assert.Throws<IOException>(() => _run.Train("mine", SmallRun.Options));

        Assert.Contains("mine: the directory exists and is not empty", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["mine.txt"], Directory.GetFiles(_run.Place("mine")).Select(Path.GetFileName));
    }

    [Fact]
    public void Resume_OtherText_GivesBothDigests()
    {
        _run.Train("run", SmallRun.Options, stopAfter: 1);
        TrainingInput other = _run.InputOf(SmallRun.Text + "more");

        ArgumentException refused = Assert.Throws<ArgumentException>(() => SmallRun.With(2, compute => TrainingRun.Resume(_run.Place("run"), other, compute)));

        Assert.Contains("a run is resumed with the same text", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "history.json: line 1")]
    [InlineData("{}", "history.json: line 1")]
    [InlineData("null", "history.json: holds null")]
    public void Resume_DamagedRecord_NamesFileAndLine(string content, string message)
    {
        _run.Train("run", SmallRun.Options with { Steps = 4 });
        File.WriteAllText(Path.Combine(_run.Place("run"), TrainingHistory.FileName), content);

        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => _run.Resume("run")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"records\":\\[.*\\]", "\"records\":[]", "there are no records; a run has one before its first step")]
    [InlineData("\"ratioBlock\":", "\"ratioBlock\":9", "blocks are recorded")]
    [InlineData("\"share\":", "\"share\":7", "share of heads with a sink; it must be 0 to 1")]
    public void Load_RecordsThatNoRunHas_NamesFileAndValue(string part, string damaged, string message)
    {
        _run.Train("run", SmallRun.Options with { Steps = 4 });
        string file = Path.Combine(_run.Place("run"), TrainingHistory.FileName);
        string content = File.ReadAllText(file);
        Assert.Matches(part, content);
        File.WriteAllText(file, Regex.Replace(content, part, damaged));

        string refused = Assert.Throws<InvalidDataException>(() => TrainingHistory.Load(file)).Message;
        Assert.StartsWith($"{file}: ", refused, StringComparison.Ordinal);
        Assert.Contains(message, refused, StringComparison.Ordinal);
    }

    [Fact]
    public void Resume_DamagedState_NamesTheTensor()
    {
        _run.Train("run", SmallRun.Options with { Steps = 4 });
        SafetensorsWriter.Write(Path.Combine(_run.Place("run"), "training_state.safetensors"), [TensorToWrite.From<float>("values", TensorType.F32, [3], new float[3])]);

        Assert.Contains("tensor 'values': the shape is [3]", Assert.Throws<CheckpointFormatException>(() => _run.Resume("run")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resume_DirectoryWithoutARun_SaysWhatIsNeeded() =>
        Assert.Contains("the history.json of a run that 'train' wrote is needed", Assert.Throws<FileNotFoundException>(() => _run.Resume("absent")).Message, StringComparison.Ordinal);

    public static TheoryData<string, Func<TrainingOptions, TrainingOptions>> WrongOptions => new()
    {
        { "The number of steps is 0; it must be at least 1.", options => options with { Steps = 0 } },
        { "The learning rate is NaN; it must be above 0.", options => options with { LearningRate = double.NaN } },
        { "The weight decay is -0.1; it must be from 0.", options => options with { WeightDecay = -0.1 } },
        { "The warm-up takes 13 steps and training 12", options => options with { WarmUpSteps = 13 } },
        { "The stored type is F16; F32 or BF16 is needed.", options => options with { StoredType = TensorType.F16 } },
        { "The context is 1025; it must be from 2 to 1024.", options => options with { Shape = options.Shape with { Context = 1025 } } },
        { "The hidden size is 18 and there are 4 heads", options => options with { Shape = options.Shape with { HiddenSize = 18, HeadCount = 4 } } },
        { "There are 4 heads and 3 key and value heads; these must divide those.", options => options with { Shape = options.Shape with { HeadCount = 4, KeyValueHeadCount = 3 } } },
        { "There are 2 heads and 1 key and value heads; GPT-2 needs as many.", options => options with { Shape = options.Shape with { Family = ModelFamily.Gpt2 } } },
        { "The tokenizer has 258 tokens and the model 100", options => options with { Shape = options.Shape with { VocabularySize = 100 } } },
        { "one window to train on needs 1024", options => options with { Shape = options.Shape with { Context = 1024 } } },
    };

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public void Begin_WrongOption_SaysWhatIsRequiredAndWritesNothing(string message, Func<TrainingOptions, TrainingOptions> change)
    {
        ArgumentException refused = Assert.ThrowsAny<ArgumentException>(() => _run.Train("wrong", change(SmallRun.Options)));

        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(_run.Place("wrong")));
    }

    private static IEnumerable<int> StepsOf(TrainingOutcome outcome) => outcome.History.Records.Select(record => record.Step);

    private IEnumerable<int> StepsOfLog(string name) => File.ReadLines(Path.Combine(_run.Place(name), "log.jsonl"))
        .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("record").GetProperty("step").GetInt32());
}
