using System.Text.Json;
using OutlierQuant.Checkpoints;

namespace OutlierQuant.Calibration.Profiles;

/// <summary>Reads a profile and refuses everything that is not one, naming the key and the byte.</summary>
internal static class ProfileReader
{
    /// <summary>Reads a profile.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="json">Its bytes. Shape <c>[any]</c>.</param>
    /// <exception cref="CheckpointFormatException">The bytes are not a valid profile of this version.</exception>
    public static CalibrationProfile Read(string path, ReadOnlySpan<byte> json)
    {
        try
        {
            RequireVersion(path, json);
            CalibrationProfile profile = JsonSerializer.Deserialize(json, CalibrationProfileJson.Default.CalibrationProfile)
                ?? throw new CheckpointFormatException(path, 0, "the file holds null; a calibration profile is a JSON object");
            new ProfileValidator(path, profile).Validate();
            return profile;
        }
        catch (JsonException exception)
        {
            throw new CheckpointFormatException(path, ByteOffset(json, exception), Problem(exception), innerException: exception);
        }
    }

    /// <summary>Looks for the version before anything else: the keys of another version mean nothing here.</summary>
    private static void RequireVersion(string path, ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new CheckpointFormatException(path, reader.TokenStartIndex, "a JSON value of another kind; a calibration profile is a JSON object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isVersion = reader.ValueTextEquals("version");
            reader.Read();
            if (isVersion)
            {
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int version) || version != CalibrationProfile.CurrentVersion)
                {
                    throw new CheckpointFormatException(
                        path, reader.TokenStartIndex, $"$.version is not {CalibrationProfile.CurrentVersion}; this program reads version {CalibrationProfile.CurrentVersion}. Make the profile again with locate");
                }

                return;
            }

            reader.Skip();
        }

        throw new CheckpointFormatException(path, 0, "there is no key $.version; a calibration profile has one");
    }

    /// <summary>Puts the serializer's complaint into one line without the names of types.</summary>
    private static string Problem(JsonException exception)
    {
        string place = exception.Path ?? "$";
        string message = FirstSentence(exception.Message);
        const string Missing = "including: ";
        if (message.Contains("could not be mapped", StringComparison.Ordinal))
        {
            return $"unknown key {place}; a calibration profile of version {CalibrationProfile.CurrentVersion} has no such key";
        }

        if (message.IndexOf(Missing, StringComparison.Ordinal) is int names and >= 0)
        {
            return $"{place} lacks {message[(names + Missing.Length)..]}; every key is required";
        }

        if (message.Contains("Duplicate property", StringComparison.Ordinal))
        {
            return $"a key of {place} is repeated; each key occurs once";
        }

        bool isSyntax = exception.Path is null || exception.InnerException is JsonException;
        return isSyntax ? $"malformed JSON at {place}; {message}" : $"{place} holds a value of the wrong kind; docs/formats.md says what it holds";
    }

    /// <summary>Drops the place, which the message of the serializer repeats at its end.</summary>
    private static string FirstSentence(string message)
    {
        foreach (string place in (string[])[" Path: ", " LineNumber: "])
        {
            int end = message.IndexOf(place, StringComparison.Ordinal);
            message = end < 0 ? message : message[..end];
        }

        return message.TrimEnd('.');
    }

    private static long ByteOffset(ReadOnlySpan<byte> json, JsonException exception)
    {
        long offset = 0;
        for (long line = 0; line < (exception.LineNumber ?? 0); line++)
        {
            offset += json[(int)offset..].IndexOf((byte)'\n') + 1;
        }

        return offset + (exception.BytePositionInLine ?? 0);
    }
}
