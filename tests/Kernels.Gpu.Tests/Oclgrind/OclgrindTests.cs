using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.Gpu.OpenCL;
using OutlierQuant.Kernels.RowQuantize;
using OutlierQuant.Kernels.Tests;
using OutlierQuant.Kernels.Tests.CodeProduct;
using OutlierQuant.Kernels.Tests.FloatMatmul;
using Xunit;
using static OutlierQuant.Kernels.Gpu.Tests.DeviceFloats;

namespace OutlierQuant.Kernels.Gpu.Tests.Oclgrind;

/// <summary>Every kernel at small shapes on a device that reports accesses outside buffers, and accesses of two items that nothing orders.</summary>
[Trait("Category", "Oclgrind")]
public sealed class OclgrindTests
{
    // Adds up 64 numbers in a tree. Without the barrier an item reads what another may not have written yet.
    private const string TreeSum = """
        kernel __attribute__((reqd_work_group_size(64, 1, 1))) void tree_sum(global int* values)
        {
            local int sums[64];
            int item = (int)get_local_id(0);
            sums[item] = values[item];
            for (int width = 32; width > 0; width /= 2)
            {
                BARRIER
                if (item < width)
                {
                    sums[item] += sums[item + width];
                }
            }

            if (item == 0)
            {
                values[0] = sums[0];
            }
        }
        """;

    public static TheoryData<string, WeightFormat, bool> CodeProducts => CodeProductTests.Cases;

    public static TheoryData<string> Devices => [.. ProductKernels.Names];

    [OclgrindTheory]
    [MemberData(nameof(CodeProducts))]
    public void MultiplyCodes_SmallShapes_TouchNothingElseAndDoNotRace(string device, WeightFormat format, bool onCodes)
    {
        // Two groups of 64 features, and tails; whole rows, groups of 32, and groups that end within a run of 16 columns.
        foreach ((int tokens, int rows, int columns, int groupSize) in new[] { (1, 5, 161, 161), (5, 66, 70, 32), (2, 3, 40, 5) })
        {
            ProductCase product = new(format, tokens, rows, columns, groupSize, 2, 3);
            AssertQuiet(() => product.AssertNearReference(ProductKernels.Named(device), onCodes));
        }
    }

    [OclgrindTheory]
    [MemberData(nameof(Devices))]
    public void MultiplyFloats_SmallShapes_TouchNothingElseAndDoNotRace(string device)
    {
        foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
        {
            foreach ((int tokens, int rows, int columns) in new[] { (1, 5, 40), (5, 66, 19) })
            {
                FloatMatmulCase product = FloatMatmulCase.Random(1, type, isTransposed, tokens, rows, columns);
                AssertQuiet(() => product.AssertClose(product.Multiply(FloatMatmulKernels.All[device])));
            }
        }
    }

    [OclgrindFact]
    public void QuantizeRows_SmallShapes_TouchNothingElseAndDoNotRace()
    {
        foreach (int columns in new[] { 1, 130, 300 })
        {
            float[] row = [.. Enumerable.Range(0, columns).Select(c => (float)Math.Sin(c))];
            int[] preserved = columns > 1 ? [0, columns - 1] : [];
            IRowQuantizeKernel kernel = TestedDevices.Suites.Values.First().RowQuantize;
            sbyte[] codes = new sbyte[columns + 3], expected = new sbyte[columns + 3];
            new RowQuantizeReference().Quantize(row, preserved, 0.01f, 127, expected, new float[preserved.Length]);
            AssertQuiet(() =>
            {
                Assert.Equal(new RowQuantizeReference().AbsMax(row, preserved), kernel.AbsMax(row, preserved));
                kernel.Quantize(row, preserved, 0.01f, 127, codes, new float[preserved.Length]);
            });
            Assert.Equal(expected, codes);
        }
    }

    [OclgrindFact]
    public void RoundRows_SmallShapes_TouchNothingElseAndDoNotRace()
    {
        using IDevice device = TestedDevices.Open()!;
        foreach (int columns in new[] { 1, 130, 300 })
        {
            int[] channels = columns > 1 ? [0, columns - 1] : [];
            float[] values = [.. Enumerable.Range(0, 2 * columns).Select(i => (float)Math.Sin(i))];
            using DeviceBuffer rows = WeightUpload.Bytes(device, MemoryMarshal.AsBytes<float>(values), "values");
            using DeviceBuffer constants = WeightUpload.Bytes(device, MemoryMarshal.AsBytes<float>(values.AsSpan(0, channels.Length)), "constants");
            using DeviceChannels spared = device.Products.UploadChannels(channels, columns);
            AssertQuiet(() =>
            {
                device.Parts.Round(new(0.1f, 7, spared, constants, constants), 1, 2, rows);
                device.Finish();
            });
        }
    }

    [OclgrindFact]
    public void LookUp_SmallShapes_TouchesNothingElseAndDoesNotRace()
    {
        using IDevice device = TestedDevices.Open()!;
        foreach ((FloatType type, int columns) in new[] { (FloatType.F32, 1), (FloatType.F16, 130), (FloatType.BF16, 300) })
        {
            byte[] elements = new byte[3 * columns * (type == FloatType.F32 ? 4 : 2)];
            int[] numbers = [7, 5, 4, 6, 8, int.MinValue];
            using DeviceFloatWeights table = device.Products.Upload(new FloatWeights { Elements = elements, Type = type, Rows = 3, Columns = columns }, "a table");
            using DeviceBuffer rows = WeightUpload.Bytes(device, MemoryMarshal.AsBytes<int>(numbers), "numbers");
            using DeviceBuffer destination = WeightUpload.Bytes(device, new byte[sizeof(float) * numbers.Length * columns], "rows");
            AssertQuiet(() =>
            {
                device.Parts.LookUp(table, 5, rows, numbers.Length, isAdded: false, destination);
                device.Parts.LookUp(table, 5, rows, numbers.Length, isAdded: true, destination);
                device.Finish();
            });
        }
    }

    [OclgrindFact]
    public void Attend_SmallShapes_TouchesNothingElseAndDoesNotRace()
    {
        using IDevice device = TestedDevices.Open()!;
        foreach (DeviceAttention attention in (DeviceAttention[])[new(4, 2, 20, int.MaxValue, 11, 3, 14), new(4, 2, 20, 7, 40, 0, 40), new(4, 2, 20, int.MaxValue, 3, 127, 130)])
        {
            int queries = attention.Tokens * attention.Heads * attention.HeadSize, cache = attention.KeyValueHeads * attention.Capacity * attention.HeadSize;
            using DeviceBuffer asked = Upload(device, Random(queries, 1)), keys = Upload(device, Random(cache, 2)), values = Upload(device, Random(cache, 3)), attended = Empty(device, queries);
            AssertQuiet(() =>
            {
                device.Parts.Attend(attention, asked, keys, values, attended);
                device.Finish();
            });
        }
    }

    [OclgrindFact]
    public void FindLargestAndCandidates_SmallShapes_TouchNothingElseAndDoNotRace()
    {
        using IDevice device = TestedDevices.Open()!;
        foreach (int count in new[] { 1, 130, 2100 })
        {
            float[] values = [.. Enumerable.Range(0, count).Select(i => (float)Math.Sin(i))];
            using DeviceBuffer buffer = Upload(device, values);
            AssertQuiet(() =>
            {
                float largest = device.Parts.FindLargest(buffer, count).Value;
                Assert.Equal(values.Count(value => value >= 0), device.Parts.FindCandidates(buffer, count, largest, 1, 0)!.Values.Count);
            });
        }
    }

    [OclgrindFact]
    public void TreeSum_WithItsBarrier_IsQuiet() => Assert.Empty(OclgrindLog.Of(() => Assert.Equal(64 * 63 / 2, RunTreeSum("barrier(CLK_LOCAL_MEM_FENCE);"))));

    [OclgrindFact]
    public void TreeSum_WithoutItsBarrier_IsReportedAsARace()
    {
        // Whatever the sum is: this proves that a missing barrier does not pass unnoticed.
        string[] log = OclgrindLog.Of(() => RunTreeSum(""));
        Assert.Contains(log, line => line.Contains("data race", StringComparison.OrdinalIgnoreCase));
    }

    [OclgrindFact]
    public void TreeSum_BufferTooShort_IsReportedAsAnInvalidRead()
    {
        string[] log = OclgrindLog.Of(() => RunTreeSum("barrier(CLK_LOCAL_MEM_FENCE);", numbers: 63));
        Assert.Contains(log, line => line.Contains("invalid read", StringComparison.OrdinalIgnoreCase));
    }

    private static void AssertQuiet(Action run)
    {
        string[] log = OclgrindLog.Of(run);
        Assert.True(log.Length == 0, string.Join('\n', log));
    }

    private static int RunTreeSum(string barrier, int numbers = 64)
    {
        OpenCLDriver driver = new(new OpenCLSearch(GpuLibraries.NamesOf(GpuLibraries.OpenCL)).Usable[0].Handle, 0);
        using GpuDevice device = new(driver);
        using DeviceBuffer values = device.Allocate(numbers * sizeof(int), "numbers");
        device.Upload(MemoryMarshal.AsBytes(Enumerable.Range(0, numbers).ToArray().AsSpan()), values);
        nint kernel = driver.Kernel(driver.Build("tree_sum.cl", TreeSum.Replace("BARRIER", barrier, StringComparison.Ordinal)), "tree_sum");
        driver.Launch(kernel, new LaunchSize(1, 1, 64, 1), [device.Own(values, nameof(values))]);
        byte[] sum = new byte[sizeof(int)];
        device.Download(values, 0, sum);
        return BitConverter.ToInt32(sum);
    }
}
