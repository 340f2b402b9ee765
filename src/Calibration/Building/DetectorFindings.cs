using OutlierQuant.Calibration.Detectors;
using OutlierQuant.Calibration.Gathering;
using OutlierQuant.Calibration.Profiles;
using OutlierQuant.Checkpoints.Tokenization;
using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Calibration.Building;

/// <summary>Makes the findings of the detectors that look at linear inputs.</summary>
internal sealed class DetectorFindings(TransformerModel model, Tokenizer tokenizer, CalibrationSet set, DetectorOptions options)
{
    private const int MostListed = 8;

    public OtherDetectors Of(IReadOnlyList<InputAccumulator> inputs)
    {
        List<InputAccumulator> downs = [.. inputs.Where(input => input.IsDownProjection)];
        return new OtherDetectors(
            new Findings<PrefixQuantFinding>(options.PrefixQuantRatio, [.. downs.Select(PrefixQuant)]),
            new Findings<QfemFinding>(options.QfemScore, [.. inputs.Select(Qfem)]),
            new Findings<LlmInt8Finding>(options.LlmInt8Magnitude, [.. inputs.Select(LlmInt8)]),
            new Findings<SuperWeightFinding>(options.SuperWeightSpike, [.. downs.Select(SuperWeight)]));
    }

    private PrefixQuantFinding PrefixQuant(InputAccumulator input)
    {
        int outliers = input.OutlierTokens.Values.Sum();
        IEnumerable<TokenCount> tokens =
            from found in input.OutlierTokens
            orderby found.Value descending, found.Key.TokenId, found.Key.TokenClass
            select new TokenCount(found.Key.TokenId, tokenizer.PieceText(found.Key.TokenId), found.Key.TokenClass, found.Value);
        Linear linear = input.Input.First;
        return new PrefixQuantFinding(linear.Block, linear.Name, input.MaxRatio, outliers, (double)outliers / set.Windows.Count, [.. tokens.Take(MostListed)]);
    }

    private QfemFinding Qfem(InputAccumulator input) =>
        new(input.Input.First.Block, input.Input.Names, input.QfemScore, input.QfemScore > options.QfemScore);

    private LlmInt8Finding LlmInt8(InputAccumulator input)
    {
        ReadOnlySpan<float> absMax = input.Tensor.Channels.AbsMax;
        IReadOnlyList<int> columns = LlmInt8Detector.OutlierColumns(absMax, options.LlmInt8Magnitude);
        float[] magnitudes = absMax.ToArray();
        return new LlmInt8Finding(
            input.Input.First.Block,
            input.Input.Names,
            columns.Count,
            (double)columns.Count / absMax.Length,
            [.. columns.OrderByDescending(column => magnitudes[column]).ThenBy(column => column).Take(MostListed)]);
    }

    private SuperWeightFinding SuperWeight(InputAccumulator gathered)
    {
        Linear linear = gathered.Input.First;
        LargestToken token = gathered.Largest!;
        float[] output = new float[linear.OutFeatures];
        linear.Forward(token.Values, 1, new SequenceChunk(new[] { token.TokenId }, token.Position, set.Bos), output, model.Context);
        int row = SuperWeightDetector.Spike(output);
        int column = SuperWeightDetector.Spike(token.Values);
        return new SuperWeightFinding(
            linear.Block,
            linear.Name,
            row,
            column,
            token.Values[column],
            output[row],
            Weight(linear, row, column),
            token.Position,
            tokenizer.PieceText(token.TokenId),
            SuperWeightDetector.IsSuperWeight(token.Values[column], output[row], options.SuperWeightSpike));
    }

    private static float? Weight(Linear linear, int row, int column)
    {
        if (linear is not FloatLinear floatLinear)
        {
            return null;
        }

        float[] weights = new float[linear.InFeatures];
        floatLinear.ReadRow(row, weights);
        return weights[column];
    }
}
