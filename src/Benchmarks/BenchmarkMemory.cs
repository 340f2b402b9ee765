using System.Globalization;
using OutlierQuant.Kernels.CodeProduct;

namespace OutlierQuant.Benchmarks;

/// <summary>Refuses what this machine cannot hold, before anything is allocated.</summary>
internal static class BenchmarkMemory
{
    private const int LeastPerCache = 4;

    /// <summary>Computes the bytes of weights that rotate: eight times the largest cache (caches do not forget strictly in order, and keep up to an eighth), or, where that would be over 1 GiB, at least four times.</summary>
    public static long RotationBytes(MachineDescription machine) => Math.Max(LeastPerCache * machine.LastLevelCacheBytes, Math.Min(8 * machine.LastLevelCacheBytes, 1L << 30));

    /// <summary>Computes the bytes that the loop over memory goes through: twice as many, because where products are small nothing else comes between two of its samples.</summary>
    public static long ReadBytes(MachineDescription machine) => 2 * RotationBytes(machine);

    /// <summary>Checks every shape with every kernel.</summary>
    /// <param name="options">What is to be measured.</param>
    /// <param name="machine">Its memory and caches.</param>
    /// <exception cref="ArgumentException">A shape is too large, or has fewer input features than are to be preserved. The message names it.</exception>
    public static void Check(BenchmarkOptions options, MachineDescription machine)
    {
        int rows = options.Rows.Max(), preserved = options.PreservedCounts.Max();
        foreach (WeightShape shape in options.Shapes)
        {
            if (shape.InFeatures > WeightPacking.MaxColumns)
            {
                throw new ArgumentException($"Shape {shape}: rows of weights have at most {WeightPacking.MaxColumns} input features.");
            }

            if (preserved > shape.InFeatures)
            {
                throw new ArgumentException($"Shape {shape}: {preserved} channels cannot be preserved of {shape.InFeatures} input features.");
            }

            foreach (ProductKernel kernel in options.Kernels)
            {
                CheckArray(shape, $"as {kernel.Name} the weights take", "bytes", shape.OutFeatures * kernel.BytesPerOutFeature(shape.InFeatures));
                CheckArray(shape, $"{rows} rows take", "activations", (long)rows * WeightPacking.PaddedColumns(shape.InFeatures));
                CheckArray(shape, $"{rows} rows take", "products", (long)rows * shape.OutFeatures);
                CheckArray(shape, $"{preserved} preserved channels take", "weights", (long)preserved * shape.OutFeatures);
                double needed = Bytes(kernel, shape, rows, options.PreservedCounts, machine);
                if (needed > machine.MemoryBytes)
                {
                    throw new ArgumentException(string.Create(
                        CultureInfo.InvariantCulture,
                        $"Shape {shape}: measuring {kernel.Name} for {rows} rows needs {needed / (1L << 30):F1} GiB, but there are {(double)machine.MemoryBytes / (1L << 30):F1} GiB of memory; give a smaller shape or fewer rows."));
                }
            }
        }
    }

    private static double Bytes(ProductKernel kernel, WeightShape shape, int rows, IReadOnlyList<int> preservedCounts, MachineDescription machine)
    {
        double weights = (double)shape.OutFeatures * (kernel.BytesPerOutFeature(shape.InFeatures) + (sizeof(float) * kernel.Groups(shape.InFeatures)));
        double arms = 2.0 * preservedCounts.Count * rows * (sizeof(float) + 1) * shape.InFeatures;
        double columns = 2.0 * sizeof(float) * preservedCounts.Sum() * shape.OutFeatures;
        return RotationBytes(machine) + ReadBytes(machine) + weights + arms + columns + (sizeof(float) * (double)rows * shape.OutFeatures);
    }

    private static void CheckArray(WeightShape shape, string who, string what, long count)
    {
        if (count > Array.MaxLength)
        {
            throw new ArgumentException($"Shape {shape}: {who} {count} {what}, but one array holds at most {Array.MaxLength}; give a smaller shape or fewer rows.");
        }
    }
}
