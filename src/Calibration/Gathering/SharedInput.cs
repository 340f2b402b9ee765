using OutlierQuant.Models;
using OutlierQuant.Models.Linears;

namespace OutlierQuant.Calibration.Gathering;

/// <summary>The linears that read one and the same input: query, key and value of a block; gate and up; every other linear by itself.</summary>
/// <param name="Linears">The linears, in the model's order; the first stands for all.</param>
internal sealed record SharedInput(IReadOnlyList<Linear> Linears)
{
    /// <summary>The linear that stands for all.</summary>
    public Linear First => Linears[0];

    /// <summary>The names of all.</summary>
    public IReadOnlyList<string> Names => [.. Linears.Select(linear => linear.Name)];

    /// <summary>Groups a model's linears by input, in the model's order.</summary>
    public static IReadOnlyList<SharedInput> Group(IEnumerable<Linear> linears) =>
        [.. linears.GroupBy(linear => (linear.Block, FirstReader(linear.Role))).Select(group => new SharedInput([.. group]))];

    private static LinearRole FirstReader(LinearRole role) => role switch
    {
        LinearRole.Key or LinearRole.Value => LinearRole.Query,
        LinearRole.Up => LinearRole.Gate,
        _ => role,
    };
}
