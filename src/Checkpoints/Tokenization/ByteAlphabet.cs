namespace OutlierQuant.Checkpoints.Tokenization;

/// <summary>The printable characters that byte-level vocabularies write in place of bytes.</summary>
/// <remarks>Printable Latin-1 bytes stand for themselves; the others take the code points from U+0100 on, in rising order, so
/// that a space is "Ġ" and a newline "Ċ". Radford et al., "Language Models are Unsupervised Multitask Learners" (GPT-2), 2019.</remarks>
internal static class ByteAlphabet
{
    private const int HighestCharacter = 0x143;

    private static readonly char[] Characters = Build();
    private static readonly short[] Bytes = Invert(Characters);

    /// <summary>The character that stands for a byte.</summary>
    public static char CharacterOf(byte value) => Characters[value];

    /// <summary>Finds the byte that a character stands for.</summary>
    public static bool TryGetByte(char character, out byte value)
    {
        short found = character <= HighestCharacter ? Bytes[character] : (short)-1;
        value = (byte)found;
        return found >= 0;
    }

    private static char[] Build()
    {
        char[] characters = new char[256];
        char next = '\u0100';
        for (int value = 0; value < 256; value++)
        {
            bool printable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            characters[value] = printable ? (char)value : next++;
        }

        return characters;
    }

    private static short[] Invert(char[] characters)
    {
        short[] bytes = new short[HighestCharacter + 1];
        Array.Fill(bytes, (short)-1);
        for (int value = 0; value < 256; value++)
        {
            bytes[characters[value]] = (short)value;
        }

        return bytes;
    }
}
