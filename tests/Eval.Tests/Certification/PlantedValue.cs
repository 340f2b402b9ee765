using OutlierQuant.Calibration;
using OutlierQuant.Models;

namespace OutlierQuant.Eval.Tests.Certification;

/// <summary>Writes a massive value into the residual stream after block 0, at the first delimiter of every window.</summary>
/// <param name="classifier">Finds delimiters.</param>
/// <param name="place">Channel and value, from the window's tokens.</param>
internal sealed class PlantedValue(TokenClassifier classifier, Func<int[], (int Channel, float Value)> place) : IBlockOutputTransform
{
    public void Apply(int block, SequenceChunk chunk, Span<float> hidden, int hiddenSize)
    {
        var delimiter = Array.IndexOf(classifier.Classify(chunk), TokenClass.Delimiter);
        if (block == 0 && delimiter >= 0)
        {
            var (channel, value) = place(chunk.TokenIds.ToArray());
            hidden[(delimiter * hiddenSize) + channel] = value;
        }
    }
}
