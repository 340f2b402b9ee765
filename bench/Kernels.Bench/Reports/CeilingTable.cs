using System.Globalization;
using System.Text;
using OutlierQuant.Kernels.Bench.Ceilings;
using OutlierQuant.Kernels.Bench.Workloads;
using OutlierQuant.Kernels.Threading;

namespace OutlierQuant.Kernels.Bench.Reports;

/// <summary>Measures every product against the ceilings of the machine and writes <c>bench/results/CPU/ProductsAgainstCeilings.md</c> with <c>Versions.txt</c>.</summary>
internal static class CeilingTable
{
    private const string Usage = "usage: table [DIRECTORY] [--only TEXT] [--samples N]   (DIRECTORY: default bench/results; TEXT: part of a kind such as int4, or quantize)";

    public static int Run(string[] options)
    {
        string directory = "bench/results", only = "";
        int samples = 9;
        for (int i = 0; i < options.Length; i++)
        {
            switch (options[i])
            {
                case "--only" when i + 1 < options.Length:
                    only = options[++i];
                    break;
                case "--samples" when i + 1 < options.Length && int.TryParse(options[i + 1], CultureInfo.InvariantCulture, out samples) && samples > 0:
                    i++;
                    break;
                case [not '-', ..]:
                    directory = options[i];
                    break;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }

        directory = Path.Combine(directory, Machine.DirectoryName);
        Directory.CreateDirectory(directory);
        string table = Measure(only, samples);
        File.WriteAllText(Path.Combine(directory, "ProductsAgainstCeilings.md"), table);
        File.WriteAllText(Path.Combine(directory, "Versions.txt"), Machine.Describe());
        Console.Error.WriteLine($"Written to {directory}.");
        return 0;
    }

    private static string Measure(string only, int samples)
    {
        using WorkerTeam team = new(Environment.ProcessorCount);
        MachineCeilings ceilings = new(team);
        StringBuilder table = new();
        Line(table, "# Products against the ceilings of this machine");
        Line(table, "");
        Line(table, $"{Environment.ProcessorCount} threads, medians of {samples} samples; reading memory and arithmetic in registers (int8: {ArithmeticPeak.Int8Name}) are sampled in turn with each product.");
        Line(table, "Share: the time that the nearer ceiling allows, divided by the time taken. Memory counts weights, activations and products once. The reference is timed on 16 rows and scaled.");
        Line(table, "");
        Line(table, "| product | rows × columns | tokens | ms | GB/s of weights | Gop/s | memory GB/s | arithmetic Gop/s | bound by | share | reference ms | times faster |");
        Line(table, "|---|---|--:|--:|--:|--:|--:|--:|---|--:|--:|--:|");
        foreach (string kind in ProductCase.FloatKinds.Concat(ProductCase.CodeKinds).Where(kind => kind.Contains(only, StringComparison.Ordinal)))
        {
            foreach (string shape in ProductCase.Shapes)
            {
                foreach (int tokens in ProductCase.TokenCounts)
                {
                    Measurement m = Measurement.Take(ProductCase.Parse(kind, shape, tokens), team, ceilings, samples);
                    Line(table, Row(m, shape));
                }
            }
        }

        if ("quantize".Contains(only, StringComparison.Ordinal))
        {
            Line(table, "");
            foreach (string line in RowQuantizeTable.Lines(team, ceilings, samples))
            {
                Line(table, line);
            }
        }

        return table.ToString();
    }

    private static string Row(Measurement m, string shape) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {m.Product.Kind} | {shape.Replace("x", " × ", StringComparison.Ordinal)} | {m.Product.Tokens} | {m.Seconds * 1e3:F3} | {m.Product.WeightBytes / m.Seconds / 1e9:F1} | {m.Product.Operations / m.Seconds / 1e9:F1} | {m.DramBytesPerSecond / 1e9:F1} | {m.PeakOperationsPerSecond / 1e9:F0} | {(m.MemorySeconds > m.ArithmeticSeconds ? "memory" : "arithmetic")} | {m.Share:P0} | {m.ReferenceSeconds * 1e3:F0} | {m.ReferenceSeconds / m.Seconds:F0} |");

    private static void Line(StringBuilder table, string line)
    {
        table.Append(line).Append('\n');
        Console.WriteLine(line);
    }
}
