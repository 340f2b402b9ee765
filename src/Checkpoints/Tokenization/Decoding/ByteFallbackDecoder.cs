using System.Globalization;

namespace OutlierQuant.Checkpoints.Tokenization.Decoding;

/// <summary>Joins runs of pieces <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> to the characters whose bytes they are.</summary>
/// <remarks>In a run that is not UTF-8 as a whole every byte shows as U+FFFD.</remarks>
internal sealed class ByteFallbackDecoder : IDecoderStep
{
    /// <inheritdoc/>
    public bool IsIncremental => true;

    /// <inheritdoc/>
    public List<string> Decode(List<string> pieces)
    {
        List<string> result = new(pieces.Count);
        List<byte> run = [];
        foreach (string piece in pieces)
        {
            if (TryGetByte(piece, out byte value))
            {
                run.Add(value);
                continue;
            }

            Flush(run, result);
            result.Add(piece);
        }

        Flush(run, result);
        return result;
    }

    private static bool TryGetByte(string piece, out byte value)
    {
        value = 0;
        return piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) && piece[5] == '>'
            && byte.TryParse(piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    private static void Flush(List<byte> run, List<string> result)
    {
        if (run.Count == 0)
        {
            return;
        }

        ReadOnlySpan<byte> bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(run);
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            result.Add(System.Text.Encoding.UTF8.GetString(bytes));
        }
        else
        {
            foreach (byte value in run)
            {
                result.Add(EscapedBytes.Of(value));
            }
        }

        run.Clear();
    }
}
