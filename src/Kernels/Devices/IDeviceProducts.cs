using OutlierQuant.Kernels.CodeProduct;
using OutlierQuant.Kernels.FloatMatmul;

namespace OutlierQuant.Kernels.Devices;

/// <summary>The products of <see cref="ICodeProductKernel"/>, <see cref="IFloatMatmulKernel"/> and <see cref="RowQuantize.IRowQuantizeKernel"/> over memory of a device.</summary>
/// <remarks>
/// <para>Formulas, NaN, infinity and exactness are those of the three contracts. An element has the same bits whatever rows are asked for, and whatever the other tokens of
/// the call are; the number of tokens may change the last bits, because few take another kernel than many.</para>
/// <para>Buffers may be longer than a call needs: the shapes say what is read and written from their start. Values are binary32. Products are written to
/// <c>destination[t, firstRow … firstRow + rowCount − 1]</c>; other rows are untouched. No buffer that is written may be read by the same call.</para>
/// <para>Every method may throw <see cref="DeviceLostException"/>; wrong shapes are an <see cref="ArgumentException"/> that names the parameter, before anything is asked of the device.</para>
/// </remarks>
public interface IDeviceProducts
{
    /// <summary>Names what multiplies a matrix of codes, for tables: for example <c>int8×int8 opencl</c> or <c>int8×int8 cuda mma</c>.</summary>
    /// <param name="weights">The whole matrix: format, groups and shape matter, values do not.</param>
    /// <param name="integerActivations">Whether the activations are codes.</param>
    /// <param name="tokens">Number of tokens, positive.</param>
    string Describe(PackedWeights weights, bool integerActivations, int tokens);

    /// <summary>Names what multiplies a float matrix, for tables: for example <c>float×bf16 opencl</c>.</summary>
    /// <param name="type">Element type of the weights.</param>
    /// <param name="tokens">Number of tokens, positive.</param>
    string Describe(FloatType type, int tokens);

    /// <summary>Brings weight codes to the device, once. The result is the caller's to dispose of.</summary>
    /// <param name="weights">The whole matrix. Shape <c>[rows, columns]</c>.</param>
    /// <param name="name">What errors about memory call it: for example the tensor's name.</param>
    /// <exception cref="DeviceMemoryException">The device has not that much left; nothing is kept.</exception>
    DeviceCodeWeights Upload(PackedWeights weights, string name);

    /// <summary>Brings float weights to the device, once. The result is the caller's to dispose of.</summary>
    /// <param name="weights">The whole matrix. Shape <c>[rows, columns]</c>.</param>
    /// <param name="name">What errors about memory call it: for example the tensor's name.</param>
    /// <exception cref="DeviceMemoryException">The device has not that much left; nothing is kept.</exception>
    DeviceFloatWeights Upload(FloatWeights weights, string name);

    /// <summary>Brings a list of channels to the device. The result is the caller's to dispose of.</summary>
    /// <param name="channels">Sorted, distinct channels. Shape <c>[count]</c>.</param>
    /// <param name="columns">Number of input features.</param>
    /// <exception cref="DeviceMemoryException">The device has not that much left.</exception>
    DeviceChannels UploadChannels(ReadOnlySpan<int> channels, int columns);

    /// <summary>Reserves room for activation codes. The result is the caller's to dispose of.</summary>
    /// <param name="tokens">The most tokens.</param>
    /// <param name="columns">Number of input features.</param>
    /// <param name="preservedCount">Number of channels that stay in float.</param>
    /// <exception cref="DeviceMemoryException">The device has not that much left.</exception>
    DeviceActivationCodes ReserveCodes(int tokens, int columns, int preservedCount);

    /// <summary>Computes the largest absolute value of every token over the channels that are not left out; 0 if there is none, NaN if any is NaN.</summary>
    /// <param name="source">Activations. Shape <c>[tokens, leftOut.Columns]</c>.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="leftOut">Channels to leave out.</param>
    /// <param name="absMax">Receives the values. Shape <c>[tokens]</c>.</param>
    void AbsMax(DeviceBuffer source, int tokens, DeviceChannels leftOut, DeviceBuffer absMax);

    /// <summary>Rounds tokens to codes with the scales that stand in the destination: positive, or NaN, which makes every code of the token 0.</summary>
    /// <param name="source">Activations. Shape <c>[tokens, destination.Columns]</c>.</param>
    /// <param name="tokens">Number of tokens, at most <c>destination.Tokens</c>.</param>
    /// <param name="preserved">Channels that stay in float, <c>destination.PreservedCount</c> of them.</param>
    /// <param name="qMax">Largest code magnitude, 1 to 127.</param>
    /// <param name="destination">Receives codes and preserved values; its scales are read.</param>
    void Quantize(DeviceBuffer source, int tokens, DeviceChannels preserved, int qMax, DeviceActivationCodes destination);

    /// <summary>Multiplies activation codes by weight codes.</summary>
    /// <param name="source">Activation codes.</param>
    /// <param name="tokens">Number of tokens, at most <c>source.Tokens</c>.</param>
    /// <param name="weights">The whole matrix. Shape <c>[rows, columns]</c>.</param>
    /// <param name="firstRow">First output feature to compute.</param>
    /// <param name="rowCount">Number of output features to compute.</param>
    /// <param name="destination">Receives the products. Shape <c>[tokens, rows]</c>.</param>
    void Multiply(DeviceActivationCodes source, int tokens, DeviceCodeWeights weights, int firstRow, int rowCount, DeviceBuffer destination);

    /// <summary>Multiplies float activations by weight codes.</summary>
    /// <param name="source">Activations; preserved channels are read from here. Shape <c>[tokens, columns]</c>.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="weights">The whole matrix. Shape <c>[rows, columns]</c>.</param>
    /// <param name="firstRow">First output feature to compute.</param>
    /// <param name="rowCount">Number of output features to compute.</param>
    /// <param name="destination">Receives the products. Shape <c>[tokens, rows]</c>.</param>
    void Multiply(DeviceBuffer source, int tokens, DeviceCodeWeights weights, int firstRow, int rowCount, DeviceBuffer destination);

    /// <summary>Multiplies float activations by float weights.</summary>
    /// <param name="source">Activations. Shape <c>[tokens, columns]</c>.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="weights">The whole matrix. Shape <c>[rows, columns]</c>.</param>
    /// <param name="firstRow">First output feature to compute.</param>
    /// <param name="rowCount">Number of output features to compute.</param>
    /// <param name="destination">Receives the products. Shape <c>[tokens, rows]</c>.</param>
    void Multiply(DeviceBuffer source, int tokens, DeviceFloatWeights weights, int firstRow, int rowCount, DeviceBuffer destination);
}
