using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Kernels.Gpu.Cuda;

/// <summary>How the kernel of code_tensor.cu is launched: what its constants say, here once more for the host.</summary>
internal static class TensorTiles
{
    /// <summary>Bytes of shared memory that the most demanding format needs.</summary>
    public const int LargestSharedBytes = Stages * (Tile + Tile) * StepColumns;

    // TILE_TOKENS and TILE_ROWS, STEP_COLUMNS, STAGES.
    private const int Tile = 128, StepColumns = 128, Stages = 3;

    /// <summary>Gets every program of tensor cores.</summary>
    public static IEnumerable<GpuProgram> Programs => [
        .. from format in Enum.GetValues<WeightFormat>() select Program(format, inGroups: false),
        .. from format in Enum.GetValues<WeightFormat>() select Program(format, inGroups: true)];

    /// <summary>Gives the program for a format.</summary>
    /// <param name="format">Packing of the weights.</param>
    /// <param name="inGroups">Whether rows have more than one scale.</param>
    public static GpuProgram Program(WeightFormat format, bool inGroups) =>
        new("code_tensor.cu", $"#define FORMAT {8 / WeightPacking.CodesPerByte(format)}\n{(inGroups ? "#define IN_GROUPS\n" : "")}");

    /// <summary>Gives the size of a launch.</summary>
    public static LaunchSize Size(WeightFormat format, bool inGroups, int tokens, int rowCount) => new(
        GpuProducts.Groups(rowCount, Tile), GpuProducts.Groups(tokens, Tile), inGroups ? 256 : 128, 1, Stages * ((Tile * StepColumns) + (Tile * StepColumns / WeightPacking.CodesPerByte(format))));
}
