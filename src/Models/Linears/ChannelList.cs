namespace OutlierQuant.Models.Linears;

/// <summary>The rule for every list of channels: sorted, distinct, in range.</summary>
internal static class ChannelList
{
    /// <summary>Throws unless the channels are sorted, distinct and in range.</summary>
    public static void Validate(IReadOnlyList<int> channels, int columns, string kind)
    {
        for (int i = 0; i < channels.Count; i++)
        {
            if ((uint)channels[i] >= (uint)columns)
            {
                throw new ArgumentException($"The {kind} channel at index {i} is {channels[i]}; the channels are 0 to {columns - 1}.");
            }

            if (i > 0 && channels[i] <= channels[i - 1])
            {
                throw new ArgumentException(
                    $"The {kind} channel at index {i} is {channels[i]} after {channels[i - 1]}; the channels must be sorted and distinct.");
            }
        }
    }
}
