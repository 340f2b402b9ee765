using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OutlierQuant.Checkpoints;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Blocks;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Models.Devices;

/// <summary>A device and what lies on it of the models that run there: each weight is uploaded when it is first needed, and stays.</summary>
/// <remarks>
/// <para>Where memory runs out, the weights that were not needed for the longest time give way and are uploaded again later, so that a model larger than the
/// device runs, slowly. Weights whose model is gone are freed with it.</para>
/// <para>Calls come from one thread at a time: models on one device do not run at the same time.</para>
/// </remarks>
/// <param name="device">The device; the caller's to dispose of, after this.</param>
public sealed class ModelDevice(IDevice device) : IDisposable
{
    // Found by the object that the weights come from, which they do not keep alive.
    private readonly ConditionalWeakTable<object, Resident> _bySource = [];
    private readonly List<Resident> _residents = [];

    // Matrices that several residents may read, by the tensor that they come from.
    private readonly ConditionalWeakTable<Tensor, DeviceMatrix> _matrices = [];
    private long _uses;

    /// <summary>Gets the device.</summary>
    public IDevice Device => device;

    /// <summary>Gives everything on the device back.</summary>
    public void Dispose()
    {
        _residents.ForEach(resident => resident.Content.Dispose());
        _residents.Clear();
        _bySource.Clear();
    }

    /// <summary>Reserves memory, other weights giving way if they must.</summary>
    /// <exception cref="DeviceMemoryException">It does not fit even so.</exception>
    internal DeviceBuffer Allocate(long bytes, string purpose) => MakeRoom(() => device.Allocate(bytes, purpose));

    /// <summary>Reserves room for activation codes, other weights giving way if they must.</summary>
    internal DeviceActivationCodes ReserveCodes(int tokens, int columns, int preservedCount) =>
        MakeRoom(() => device.Products.ReserveCodes(tokens, columns, preservedCount));

    /// <summary>Brings values to the device. The buffer is the caller's.</summary>
    internal DeviceBuffer Upload(ReadOnlySpan<float> values, string purpose)
    {
        DeviceBuffer buffer = Allocate(sizeof(float) * (long)values.Length, purpose);
        device.Upload(MemoryMarshal.AsBytes(values), buffer);
        return buffer;
    }

    /// <summary>A linear on the device.</summary>
    internal DeviceLinear LinearOf(Linear linear) => ResidentOf(linear, () => DeviceLinear.Create(linear, this));

    /// <summary>A norm on the device.</summary>
    internal DeviceNorm NormOf(Norm norm) => ResidentOf(norm, () => new ResidentNorm(norm, this)).Norm;

    /// <summary>An embedding on the device.</summary>
    internal DeviceEmbedding EmbeddingOf(Embedding embedding) => ResidentOf(embedding, () => new DeviceEmbedding(embedding, this));

    /// <summary>Brings a matrix to the device, or gives the one that is there to another reader; each disposes of it.</summary>
    internal DeviceMatrix Share(FloatMatrix matrix)
    {
        if (!_matrices.TryGetValue(matrix.Tensor, out DeviceMatrix? onDevice) || !onDevice.TryShare())
        {
            onDevice = new DeviceMatrix(matrix, this);
            _matrices.AddOrUpdate(matrix.Tensor, onDevice);
        }

        return onDevice;
    }

    /// <summary>How a block's output is rounded, on the device; null where it is not.</summary>
    internal DeviceRounding? RoundingOf(ResidualQuantizer quantizer, int block, int hiddenSize) =>
        ResidentOf(quantizer, () => new DeviceResidual(quantizer, hiddenSize, this)).Of(block);

    /// <summary>Computes a linear between two copies. Shapes [tokens, inFeatures] and [tokens, outFeatures].</summary>
    internal void Multiply(Linear linear, ReadOnlyMemory<float> input, int tokens, SequenceChunk chunk, Memory<float> output, ComputeContext context)
    {
        using PartClock clock = context.Measure(ForwardTiming.PartOf(linear));
        int inputs = checked(tokens * linear.InFeatures), outputs = checked(tokens * linear.OutFeatures);
        using DeviceScratch scratch = new(this);
        using DeviceBuffer values = Upload(input.Span[..inputs], $"input of {linear.Name}");
        using DeviceBuffer products = Allocate(sizeof(float) * (long)outputs, $"output of {linear.Name}");
        LinearOf(linear).Multiply(new DeviceInput(values, tokens, scratch), chunk, products, context);
        device.Download(products, 0, MemoryMarshal.AsBytes(output.Span[..outputs]));
    }

    /// <summary>Computes, and if memory runs out makes some: first from what no model uses any more, then from what was used longest ago.</summary>
    internal T MakeRoom<T>(Func<T> compute)
    {
        bool isCollected = false;
        while (true)
        {
            try
            {
                return compute();
            }
            catch (DeviceMemoryException) when (!isCollected)
            {
                isCollected = true;
                GC.Collect();
                FreeUnused();
            }
            catch (DeviceMemoryException) when (_residents.Count > 0)
            {
                Free(_residents.MinBy(resident => resident.LastUse)!);
            }
        }
    }

    private T ResidentOf<T>(object source, Func<T> create)
        where T : IDisposable
    {
        if (!_bySource.TryGetValue(source, out Resident? resident))
        {
            FreeUnused();
            resident = new Resident(new WeakReference(source), create());
            _bySource.Add(source, resident);
            _residents.Add(resident);
        }

        resident.LastUse = ++_uses;
        return (T)resident.Content;
    }

    private void FreeUnused()
    {
        foreach (Resident resident in _residents.Where(resident => !resident.Source.IsAlive).ToArray())
        {
            Free(resident);
        }
    }

    private void Free(Resident resident)
    {
        if (resident.Source.Target is object source)
        {
            _bySource.Remove(source);
        }

        _residents.Remove(resident);
        resident.Content.Dispose();
    }

    private sealed class Resident(WeakReference source, IDisposable content)
    {
        public WeakReference Source => source;

        public IDisposable Content => content;

        public long LastUse { get; set; }
    }

    private sealed class ResidentNorm : IDisposable
    {
        public ResidentNorm(Norm norm, ModelDevice device) => Norm = new DeviceNorm(
            norm.Size,
            device.Upload(norm.Gain, "a norm's gain"),
            norm.Bias is null ? null : device.Upload(norm.Bias, "a norm's bias"),
            (float)norm.Epsilon);

        public DeviceNorm Norm { get; }

        public void Dispose()
        {
            Norm.Gain.Dispose();
            Norm.Bias?.Dispose();
        }
    }
}
