using OutlierQuant.Checkpoints.Tokenization;

namespace OutlierQuant.Calibration;

/// <summary>Cuts a text into the windows that statistics are gathered on.</summary>
/// <remarks>
/// The text is tokenized once, without special tokens, and cut into windows that do not overlap: <c>context</c> tokens each, or the
/// beginning-of-sequence token and <c>context − 1</c> tokens. A last, shorter window is dropped. When fewer windows are wanted than the
/// text holds, window i of n is number <c>floor(i · (inText − 1) / (n − 1))</c>: evenly spaced from the first to the last. (The numbers
/// in the bundled models' records were made on windows chosen in this way.)
/// </remarks>
public static class TextWindows
{
    /// <summary>Cuts a text into windows.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="text">The text.</param>
    /// <param name="source">Where it came from, for messages and for the profile: a file name.</param>
    /// <param name="context">Tokens in a window, the beginning-of-sequence token included; at least 2.</param>
    /// <param name="bos">Whether each window begins with the beginning-of-sequence token.</param>
    /// <param name="maxWindows">The most windows to use, evenly spaced over the text; null for all.</param>
    /// <exception cref="ArgumentException">The text is empty or shorter than one window, the context or the number of windows is too
    /// small, or a beginning-of-sequence token is asked for and the tokenizer has none.</exception>
    public static CalibrationSet Cut(Tokenizer tokenizer, string text, string source, int context, bool bos, int? maxWindows)
    {
        if (context < 2)
        {
            throw new ArgumentException($"The context is {context} tokens; a window needs at least 2.");
        }

        if (maxWindows < 1)
        {
            throw new ArgumentException($"The largest number of windows is {maxWindows}; at least 1 is needed.");
        }

        if (bos && tokenizer.BosTokenId is null)
        {
            throw new ArgumentException("This tokenizer has no beginning-of-sequence token to put before each window; leave it out (--no-bos).");
        }

        int[] tokens = text.Length == 0 ? [] : tokenizer.Encode(text);
        if (tokens.Length == 0)
        {
            throw new ArgumentException($"{source}: the text is empty; calibration needs at least one window of {context} tokens.");
        }

        return Cut(tokens, source, context, bos ? tokenizer.BosTokenId : null, maxWindows);
    }

    /// <summary>Cuts tokens into windows.</summary>
    internal static CalibrationSet Cut(ReadOnlySpan<int> tokens, string source, int context, int? bosTokenId, int? maxWindows)
    {
        int textTokens = bosTokenId is null ? context : context - 1;
        int inText = tokens.Length / textTokens;
        if (inText == 0)
        {
            throw new ArgumentException(
                $"{source}: the text has {tokens.Length} tokens, and one window of context {context} needs {textTokens}; give a longer text or a smaller context.");
        }

        int[][] windows = new int[Math.Min(inText, maxWindows ?? inText)][];
        for (int i = 0; i < windows.Length; i++)
        {
            int number = (int)((long)i * (inText - 1) / Math.Max(windows.Length - 1, 1));
            ReadOnlySpan<int> ofText = tokens.Slice(number * textTokens, textTokens);
            windows[i] = bosTokenId is int bos ? [bos, .. ofText] : ofText.ToArray();
        }

        return new CalibrationSet(source, windows, bosTokenId is not null, context, inText);
    }
}
