using System.Buffers;

namespace OutlierQuant.Checkpoints.Tokenization.Decoding;

/// <summary>Turns pieces in the <see cref="ByteAlphabet"/> back into bytes, and joins them.</summary>
internal sealed class ByteLevelDecoder : IDecoderStep
{
    /// <inheritdoc/>
    public bool IsIncremental => true;

    /// <inheritdoc/>
    public List<string> Decode(List<string> pieces)
    {
        ArrayBufferWriter<byte> bytes = new();
        foreach (string piece in pieces)
        {
            if (!TryWriteBytes(piece, bytes))
            {
                // A piece with other characters is an added token: it is text already.
                bytes.Write(EscapedBytes.ToBytes(piece));
            }
        }

        return [EscapedBytes.FromUtf8(bytes.WrittenSpan)];
    }

    private static bool TryWriteBytes(string piece, ArrayBufferWriter<byte> bytes)
    {
        Span<byte> span = bytes.GetSpan(Math.Max(piece.Length, 1));
        for (int index = 0; index < piece.Length; index++)
        {
            if (!ByteAlphabet.TryGetByte(piece[index], out span[index]))
            {
                return false;
            }
        }

        bytes.Advance(piece.Length);
        return true;
    }
}
