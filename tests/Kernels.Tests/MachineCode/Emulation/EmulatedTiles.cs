using Iced.Intel;
using OutlierQuant.Kernels.TiledProduct.BF16;

namespace OutlierQuant.Kernels.Tests.MachineCode.Emulation;

/// <summary>The tile registers of AMX.</summary>
/// <param name="processor">The processor.</param>
internal sealed unsafe class EmulatedTiles(EmulatedProcessor processor)
{
    private const int Count = 8;
    private const int MostRows = 16;
    private const int MostRowBytes = 64;
    private const int Bytes = MostRows * MostRowBytes;

    private readonly byte[] _tiles = GC.AllocateArray<byte>(Count * Bytes, pinned: true);
    private readonly (int Rows, int RowBytes)[] _shapes = new (int, int)[Count];
    private bool _isConfigured;

    /// <summary>Executes an instruction on tiles; false if it is none.</summary>
    public bool Execute(in Instruction instruction)
    {
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Ldtilecfg:
                Configure(new ReadOnlySpan<byte>(processor.AddressOf(instruction), MostRowBytes));
                break;
            case Mnemonic.Tilerelease:
                _isConfigured = false;
                break;
            case Mnemonic.Tilezero:
                new Span<byte>(Tile(instruction, 0), Bytes).Clear();
                break;
            case Mnemonic.Tileloadd:
                new Span<byte>(Tile(instruction, 0), Bytes).Clear();
                Move(instruction, 0, isLoad: true);
                break;
            case Mnemonic.Tilestored:
                Move(instruction, 1, isLoad: false);
                break;
            case Mnemonic.Tdpbssd:
                RequireFit(instruction);
                MultiplyBytes((sbyte*)Tile(instruction, 1), (sbyte*)Tile(instruction, 2), (int*)Tile(instruction, 0));
                break;
            case Mnemonic.Tdpbf16ps:
                RequireFit(instruction);
                TileProductTwin.MultiplyAdd(Tile(instruction, 1), Tile(instruction, 2), (float*)Tile(instruction, 0));
                break;
            default:
                return false;
        }

        return true;
    }

    /// <summary>Throws if tiles are still in use: the state would be live in managed code.</summary>
    public void RequireReleased()
    {
        if (_isConfigured)
        {
            throw new InvalidOperationException("The function returned without releasing its tiles.");
        }
    }

    // What a tile has beyond its shape is 0, so that products of whole registers are those of the shapes.
    private static void MultiplyBytes(sbyte* left, sbyte* right, int* sums)
    {
        for (var row = 0; row < MostRows; row++)
        {
            for (var quad = 0; quad < MostRows; quad++)
            {
                var four = left + (row * MostRowBytes) + (4 * quad);
                var others = right + (quad * MostRowBytes);
                for (var column = 0; column < MostRows; column++, others += 4)
                {
                    sums[(row * MostRows) + column] += (four[0] * others[0]) + (four[1] * others[1]) + (four[2] * others[2]) + (four[3] * others[3]);
                }
            }
        }
    }

    private void Configure(ReadOnlySpan<byte> configuration)
    {
        for (var tile = 0; tile < Count; tile++)
        {
            _shapes[tile] = (configuration[48 + tile], BitConverter.ToUInt16(configuration[(16 + (2 * tile))..]));
            if (configuration[0] != 1 || _shapes[tile].Rows > MostRows || _shapes[tile].RowBytes > MostRowBytes)
            {
                throw new InvalidOperationException($"Tile {tile} of palette {configuration[0]} has {_shapes[tile].Rows} rows of {_shapes[tile].RowBytes} bytes; palette 1 has up to 16 of 64.");
            }
        }

        _isConfigured = true;
        Array.Clear(_tiles);
    }

    /// <summary>Throws where the processor would fault: the shapes of three tiles must be those of a matrix product.</summary>
    private void RequireFit(in Instruction instruction)
    {
        var (sums, left, right) = (Shape(instruction, 0), Shape(instruction, 1), Shape(instruction, 2));
        if (sums.Rows != left.Rows || left.RowBytes != 4 * right.Rows || right.RowBytes != sums.RowBytes)
        {
            throw new InvalidOperationException($"'{instruction}' multiplies tiles of {left} by {right} into {sums}.");
        }
    }

    private void Move(in Instruction instruction, int operand, bool isLoad)
    {
        var (address, stride, tile, shape) = (processor.BaseOf(instruction), processor.StrideOf(instruction), (nint)Tile(instruction, operand), Shape(instruction, operand));
        for (var row = 0; row < shape.Rows; row++)
        {
            Span<byte> inMemory = new((byte*)(address + (row * stride)), shape.RowBytes), inTile = new((byte*)tile + (row * MostRowBytes), shape.RowBytes);
            (isLoad ? inMemory : inTile).CopyTo(isLoad ? inTile : inMemory);
        }
    }

    private (int Rows, int RowBytes) Shape(in Instruction instruction, int operand) => _shapes[instruction.GetOpRegister(operand) - Register.TMM0];

    private byte* Tile(in Instruction instruction, int operand)
    {
        if (!_isConfigured)
        {
            throw new InvalidOperationException($"'{instruction}' comes before tiles are configured.");
        }

        fixed (byte* tiles = _tiles)
        {
            return tiles + ((instruction.GetOpRegister(operand) - Register.TMM0) * Bytes);
        }
    }
}
