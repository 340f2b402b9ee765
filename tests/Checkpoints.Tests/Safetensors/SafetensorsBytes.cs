using System.Buffers.Binary;
using System.Text;

namespace OutlierQuant.Checkpoints.Tests.Safetensors;

/// <summary>Builds safetensors files by hand, byte for byte, without the writer under test.</summary>
internal static class SafetensorsBytes
{
    /// <summary>Marks, in the json of a test, the byte that an error must point to.</summary>
    public const char Marker = '@';

    /// <summary>Returns header length, json (without markers), and a buffer of bytes 0, 1, 2, ….</summary>
    public static byte[] File(string json, int bufferLength)
    {
        byte[] header = Encoding.UTF8.GetBytes(json.Replace($"{Marker}", "", StringComparison.Ordinal));
        byte[] file = new byte[8 + header.Length + bufferLength];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        for (int i = 0; i < bufferLength; i++)
        {
            file[8 + header.Length + i] = (byte)i;
        }

        return file;
    }

    /// <summary>Returns the offset in the file of the marked byte.</summary>
    public static long MarkedOffset(string json) => 8 + Encoding.UTF8.GetByteCount(json.AsSpan(0, json.IndexOf(Marker, StringComparison.Ordinal)));
}
