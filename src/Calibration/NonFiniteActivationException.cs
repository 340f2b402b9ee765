namespace OutlierQuant.Calibration;

/// <summary>The model produced NaN or infinity while statistics were gathered.</summary>
/// <remarks>No statistic of such values means anything, so nothing is written.</remarks>
public sealed class NonFiniteActivationException : ArithmeticException
{
    internal NonFiniteActivationException(string place, int window, int position, int channel, float value)
        : base($"{place}: window {window}, position {position}, channel {channel} holds {value}; activations must be finite. Check the checkpoint's weights and its type: values beyond float16's range overflow.")
    {
        Place = place;
        Window = window;
        Position = position;
        Channel = channel;
    }

    /// <summary>The observation point, for example "output of block 3".</summary>
    public string Place { get; }

    /// <summary>Index of the calibration window.</summary>
    public int Window { get; }

    /// <summary>Position of the token in the window.</summary>
    public int Position { get; }

    /// <summary>Index of the channel.</summary>
    public int Channel { get; }
}
