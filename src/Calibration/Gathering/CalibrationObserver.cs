using OutlierQuant.Calibration.Statistics;
using OutlierQuant.Models;

namespace OutlierQuant.Calibration.Gathering;

/// <summary>Watches a forward pass and hands every value to its accumulator.</summary>
internal sealed class CalibrationObserver : IForwardObserver, IWindowConsumer
{
    private readonly AbsoluteMedian _medianOf = new();
    private readonly TokenClassifier _classifier;
    private readonly int _windowsInFirstHalf;
    private readonly bool _isFolded;
    private readonly Dictionary<string, InputAccumulator> _inputsByLinear;
    private readonly InputAccumulator _headInput;

    public CalibrationObserver(TransformerModel model, CalibrationSet set, TokenClassifier classifier, DetectorOptions options)
    {
        _classifier = classifier;
        _windowsInFirstHalf = set.Windows.Count / 2;
        _isFolded = model.Fold?.Prefix is not null;
        Blocks = [.. Enumerable.Range(0, model.Config.BlockCount).Select(block => new BlockAccumulator(block, model.Config.HiddenSize, options))];
        Inputs = [.. SharedInput.Group(model.Linears).Select(input => new InputAccumulator(input, options.PrefixQuantRatio))];
        _inputsByLinear = Inputs.Where(input => input.Input.First.Role != LinearRole.Head).ToDictionary(input => input.Input.First.Name);
        _headInput = Inputs.Single(input => input.Input.First.Role == LinearRole.Head);
    }

    /// <summary>One accumulator per block.</summary>
    public IReadOnlyList<BlockAccumulator> Blocks { get; }

    /// <summary>One accumulator per distinct linear input, the output head's last.</summary>
    public IReadOnlyList<InputAccumulator> Inputs { get; }

    /// <inheritdoc/>
    public bool Wants(ObservationPoint point) => point.Kind switch
    {
        ObservationKind.BlockOutput => true,
        ObservationKind.LinearInput => _inputsByLinear.ContainsKey(point.LinearName),
        _ => false,
    };

    /// <inheritdoc/>
    public void Observe(ObservationPoint point, int window, SequenceChunk chunk, ReadOnlySpan<float> values, int rows, int columns)
    {
        TokenClass[] classes = _classifier.Classify(chunk);
        if (point.Kind == ObservationKind.BlockOutput)
        {
            Blocks[point.Block].Add(values, chunk.TokenIds.Span, classes, window, window >= _windowsInFirstHalf, _medianOf, chunk.FirstPosition);
        }
        else
        {
            _inputsByLinear[point.LinearName].Add(values, chunk.TokenIds.Span, classes, window, _medianOf, chunk.FirstPosition);
        }
    }

    /// <summary>Takes the values after the final norm: the output head's input.</summary>
    public void Consume(int window, SequenceChunk chunk, ReadOnlyMemory<float> finalHidden)
    {
        TokenClass[] classes = _classifier.Classify(chunk);
        if (_isFolded)
        {
            // The head still reads the folded prefix's last state, a constant; no other input has a row of it, so there is no sink to keep means of.
            classes[0] = TokenClass.Other;
        }

        _headInput.Add(finalHidden.Span, chunk.TokenIds.Span, classes, window, _medianOf, chunk.FirstPosition);
    }
}
