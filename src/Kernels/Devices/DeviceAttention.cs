namespace OutlierQuant.Kernels.Devices;

/// <summary>Sizes of one computation of attention.</summary>
/// <param name="Heads">Number of query heads.</param>
/// <param name="KeyValueHeads">Number of key and value heads; query head h reads head <c>h / (heads / keyValueHeads)</c>.</param>
/// <param name="HeadSize">Width of a head.</param>
/// <param name="SlidingWindow">Number of positions that a token attends to, itself included; <see cref="int.MaxValue"/> for all.</param>
/// <param name="Tokens">Number of queries.</param>
/// <param name="FirstPosition">Position of the first query; keys and values of all positions up to the last query's are there.</param>
/// <param name="Capacity">Positions from one head's keys to the next head's.</param>
public readonly record struct DeviceAttention(int Heads, int KeyValueHeads, int HeadSize, int SlidingWindow, int Tokens, int FirstPosition, int Capacity);
