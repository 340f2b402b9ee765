using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Models.Blocks;
using OutlierQuant.Models.Engines;
using OutlierQuant.Models.Generation;
using OutlierQuant.Models.Linears;
using Part = OutlierQuant.Models.Devices.DeviceScratch.Part;

namespace OutlierQuant.Models.Devices;

/// <summary>A residual stream on a device, and the computation of a block: the same steps in the same order as <see cref="TransformerBlock"/>.</summary>
internal sealed class DeviceStream(DeviceEngine engine, DeviceBuffer hidden, SequenceChunk chunk, int window, IForwardObserver? observer) : IForwardStream
{
    private readonly IDevice _device = engine.Device.Device;
    private readonly TransformerModel _model = engine.Model;

    public SequenceChunk Chunk => chunk;

    public int Window => window;

    /// <summary>Gets the device, its weights and its buffers.</summary>
    public DeviceEngine Engine => engine;

    /// <summary>Gets the number of tokens.</summary>
    public int Tokens => chunk.TokenIds.Length;

    private int HiddenSize => _model.Config.HiddenSize;

    public void RunBlock(TransformerBlock block)
    {
        DeviceBuffer normed = Take(Part.Normed, HiddenSize), added = Take(Part.Added, HiddenSize);
        Measure(ForwardPart.Norm, () => _device.Parts.Normalize(engine.Device.NormOf(block.AttentionNorm), hidden, Tokens, normed));
        DeviceAttentionBlock.Forward(block.Attention, block.Index, normed, added, this);
        Measure(ForwardPart.Norm, () =>
        {
            _device.Parts.Add(added, Tokens * HiddenSize, hidden);
            _device.Parts.Normalize(engine.Device.NormOf(block.MlpNorm), hidden, Tokens, normed);
        });
        Forward(block.Mlp, normed, added);
        Measure(ForwardPart.BlockOutput, () => _device.Parts.Add(added, Tokens * HiddenSize, hidden));
        Show(new(ObservationKind.BlockOutput, block.Index), hidden, Tokens, HiddenSize);
        Transform(block.Index);
    }

    public ReadOnlyMemory<float> Finish(int firstToken)
    {
        int rows = Tokens - firstToken;
        float[] values = new float[rows * HiddenSize];
        _device.Download(NormalizeLast(rows), 0, MemoryMarshal.AsBytes(values.AsSpan()));
        if (observer is not null && observer.Wants(HeadInput))
        {
            observer.Observe(HeadInput, window, From(firstToken), values, rows, HiddenSize);
        }

        return values;
    }

    public void FinishLast(Memory<float> logits) => _device.Download(MultiplyHead(), 0, MemoryMarshal.AsBytes(logits.Span));

    public int FinishAndChoose(TokenSampler sampler, Memory<float> room)
    {
        DeviceBuffer logits = MultiplyHead();
        using PartClock clock = _model.Context.Measure(ForwardPart.Sampling);
        return sampler.Choose(_device, logits, room.Span);
    }

    /// <summary>Computes linears that share an input [tokens, inFeatures], after showing it to the observer as the input of each.</summary>
    public void Multiply(IReadOnlyList<Linear> linears, DeviceBuffer input, IReadOnlyList<DeviceBuffer> outputs)
    {
        foreach (Linear linear in linears)
        {
            Show(new(ObservationKind.LinearInput, linear.Block, linear.Name), input, Tokens, linear.InFeatures);
        }

        DeviceInput shared = new(input, Tokens, engine.Scratch);
        Measure(ForwardTiming.PartOf(linears[0]), () =>
        {
            for (int i = 0; i < linears.Count; i++)
            {
                engine.Device.LinearOf(linears[i]).Multiply(shared, chunk, outputs[i], _model.Context);
            }
        });
    }

    /// <summary>Gives a buffer of a block.</summary>
    public DeviceBuffer Take(Part part, int features) => engine.Scratch.Take(part, Tokens, features);

    /// <summary>Whether the observer wants a point.</summary>
    public bool IsWanted(ObservationPoint point) => observer is not null && observer.Wants(point);

    /// <summary>Shows values [rows, columns] to the observer if it wants them.</summary>
    public void Show(ObservationPoint point, DeviceBuffer values, int rows, int columns)
    {
        if (IsWanted(point))
        {
            float[] host = new float[rows * columns];
            _device.Download(values, 0, MemoryMarshal.AsBytes(host.AsSpan()));
            observer!.Observe(point, window, chunk, host, rows, columns);
        }
    }

    /// <summary>The call that the host's code for observers takes, over keys and values that came back from the device.</summary>
    public BlockCall CallWith(KeyValueCache keys) => new(chunk, window, keys, new Scratch(), _model.Context, observer);

    /// <summary>Asks for work, and counts its time for a part; only then is it waited for.</summary>
    public void Measure(ForwardPart part, Action ask)
    {
        using PartClock clock = _model.Context.Measure(part);
        ask();
        if (_model.Context.Timing is not null)
        {
            _device.Finish();
        }
    }

    public void Dispose() => hidden.Dispose();

    private ObservationPoint HeadInput => new(ObservationKind.LinearInput, _model.Linears[^1].Block, _model.Linears[^1].Name);

    /// <summary>Computes what the MLP adds to the residual stream.</summary>
    private void Forward(Mlp mlp, DeviceBuffer normed, DeviceBuffer added)
    {
        int size = mlp.Up.OutFeatures;
        DeviceBuffer up = Take(Part.Up, size);
        DeviceBuffer inner = mlp.Gate is null ? up : Take(Part.Gate, size);
        if (mlp.Gate is null)
        {
            Multiply([mlp.Up], normed, [up]);
        }
        else
        {
            Multiply([mlp.Gate, mlp.Up], normed, [inner, up]);
        }

        Measure(ForwardPart.ActivationFunction, () => _device.Parts.Activate(mlp.Function.OnDevice, mlp.Gate is null ? null : up, checked(Tokens * size), inner));
        Multiply([mlp.Down], inner, [added]);
    }

    /// <summary>Applies the model's transforms to the block's output: the rounding of the residual stream here, others on the host.</summary>
    private void Transform(int block)
    {
        float[]? host = null;
        foreach (IBlockOutputTransform transform in _model.Transforms)
        {
            if (transform is ResidualQuantizer quantizer)
            {
                Return(ref host);
                if (engine.Device.RoundingOf(quantizer, block, HiddenSize) is DeviceRounding rounding)
                {
                    Measure(ForwardPart.BlockOutput, () => _device.Parts.Round(rounding, chunk.SinkRow, Tokens, hidden));
                }

                continue;
            }

            using PartClock clock = _model.Context.Measure(ForwardPart.BlockOutput);
            host ??= Fetch();
            transform.Apply(block, chunk, host, HiddenSize);
        }

        Return(ref host);
    }

    /// <summary>Copies the stream to the host.</summary>
    private float[] Fetch()
    {
        float[] host = new float[Tokens * HiddenSize];
        _device.Download(hidden, 0, MemoryMarshal.AsBytes(host.AsSpan()));
        return host;
    }

    /// <summary>Brings the host's copy of the stream back, if there is one.</summary>
    private void Return(ref float[]? host)
    {
        if (host is not null)
        {
            using PartClock clock = _model.Context.Measure(ForwardPart.BlockOutput);
            _device.Upload(MemoryMarshal.AsBytes<float>(host), hidden);
            host = null;
        }
    }

    /// <summary>The logits of the last token. Shape [vocabulary].</summary>
    private DeviceBuffer MultiplyHead()
    {
        Linear head = _model.Linears[^1];
        DeviceBuffer logits = engine.Scratch.Take(Part.Logits, 1, head.OutFeatures);
        DeviceInput input = new(NormalizeLast(1), 1, engine.Scratch);
        Measure(ForwardPart.Head, () => engine.Device.LinearOf(head).Multiply(input, From(Tokens - 1), logits, _model.Context));
        return logits;
    }

    /// <summary>The last rows after the final norm. Shape [rows, hiddenSize].</summary>
    private DeviceBuffer NormalizeLast(int rows)
    {
        DeviceBuffer final = engine.Scratch.Take(Part.Final, rows, HiddenSize);
        long rowBytes = sizeof(float) * (long)HiddenSize;
        _device.Copy(hidden, (Tokens - rows) * rowBytes, final, 0, rows * rowBytes);
        if (_model.FinalNorm is Norm norm)
        {
            Measure(ForwardPart.Norm, () => _device.Parts.Normalize(engine.Device.NormOf(norm), final, rows, final));
        }

        return final;
    }

    private SequenceChunk From(int firstToken) =>
        chunk with { TokenIds = chunk.TokenIds[firstToken..], FirstPosition = chunk.FirstPosition + firstToken };
}
