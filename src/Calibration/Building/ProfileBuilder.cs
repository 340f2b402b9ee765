using OutlierQuant.Calibration.Coordinates;
using OutlierQuant.Calibration.Folding;
using OutlierQuant.Calibration.Gathering;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Models;

namespace OutlierQuant.Calibration.Building;

/// <summary>Makes the profile of what an observer gathered.</summary>
internal sealed class ProfileBuilder(TransformerModel model, Tokenizer tokenizer, CalibrationSet set, DetectorOptions options)
{
    public CalibrationProfile Build(CalibrationObserver gathered)
    {
        BlockProfiler blocks = new(tokenizer, options.ChannelRule);
        CoordinateSelection selection = new(
            [.. gathered.Blocks.Select(block => block.Coordinates)], [.. gathered.Blocks.Select(block => block.Median)], options);
        MassiveActivationSettings detector = new(DetectorOptions.Name, options.MinMagnitude, options.MinRatio, set.Bos);
        IReadOnlyList<CoordinateStatistics> massive = selection.Massive();
        IReadOnlyList<CoordinateStatistics> candidates = massive.Count > 0 ? [] : selection.Candidates();
        Onset onset = selection.FindOnset();
        return new CalibrationProfile
        {
            Version = CalibrationProfile.CurrentVersion,
            Model = ModelFingerprinter.Of(model),
            Text = new CalibrationText(set.Source, set.Windows.Count, set.WindowsInText, set.Context, set.Bos, (long)set.Windows.Count * set.Context),
            Detector = detector,
            Fold = model.Fold is { } fold ? new FoldProfile
            {
                Description = FoldDescription.Of(fold),
                Tokens = [.. (fold.Prefix?.TokenIds ?? []).Select(tokenizer.PieceText)],
                Search = null,
                Merge = null,
                Drop = null,
                Before = null,
            } : null,
            Verdict = Verdict.Of(detector, massive, candidates, onset),
            Blocks = [.. gathered.Blocks.Select((block, index) => blocks.Of(index, block))],
            Massive = massive,
            Candidates = candidates,
            Onset = onset,
            Agreement = set.Windows.Count < 2 ? null : Agreement(selection, massive.Count > 0),
            OtherDetectors = new DetectorFindings(model, tokenizer, set, options).Of(gathered.Inputs),
            ChannelRule = options.ChannelRule,
            LinearInputs = [.. gathered.Inputs.Select(Input)],
        };
    }

    private LinearInputProfile Input(InputAccumulator gathered)
    {
        ChannelStatistics channels = gathered.Tensor.Channels.ToStatistics();
        return new LinearInputProfile
        {
            Block = gathered.Input.First.Block,
            Linears = gathered.Input.Names,
            Channels = channels,
            TokenAbsMax = gathered.Tensor.Tokens.ToQuantiles(),
            Magnitudes = gathered.Tensor.Magnitudes.ToQuantiles(),
            Suggested = options.ChannelRule.Suggest(channels),
        };
    }

    private static HalvesAgreement Agreement(CoordinateSelection selection, bool isMassive)
    {
        IReadOnlyList<string> first = Names(TextPart.FirstHalf);
        IReadOnlyList<string> second = Names(TextPart.SecondHalf);
        int both = first.Intersect(second).Count();
        int either = first.Union(second).Count();
        return new HalvesAgreement(first, second, either == 0 ? 1 : (double)both / either);

        IReadOnlyList<string> Names(TextPart part) =>
            [.. (isMassive ? selection.Massive(part) : selection.Candidates(part)).Select(Verdict.Describe)];
    }
}
