namespace OutlierQuant.Cli.Documents;

/// <summary>Bytes of memory that work on a model needs.</summary>
/// <param name="MappedFile">The checkpoint, mapped: the system may drop and reread it at will.</param>
/// <param name="LargestBlock">The largest block's weights in float, the most that is ever widened at once.</param>
/// <param name="ActivationsPerWindow">The residual stream of one window of <paramref name="Context"/> tokens.</param>
/// <param name="KeyValueCache">Keys and values of <paramref name="Context"/> tokens, for generation.</param>
/// <param name="Context">The window length that the last two are for.</param>
internal sealed record MemoryForecast(long MappedFile, long LargestBlock, long ActivationsPerWindow, long KeyValueCache, int Context);
