using System.Runtime.InteropServices;
using OutlierQuant.Kernels.Devices;
using OutlierQuant.Kernels.FloatMatmul;
using OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;
using OutlierQuant.Kernels.RowQuantize;
using OutlierQuant.Kernels.Tests.CodeProduct;
using OutlierQuant.Kernels.Tests.FloatMatmul;
using OutlierQuant.Testing.Devices;
using Xunit;

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda;

/// <summary>The PTX of the kernels that CUDA shares with OpenCL, run lane by lane on small shapes, in both orders of the lanes.</summary>
public sealed class EmulatedKernelsTests
{
    public static TheoryData<bool, int> OrdersAndForms => new() { { false, int.MaxValue }, { true, int.MaxValue }, { false, 1 }, { true, 1 } };

    [Theory]
    [MemberData(nameof(OrdersAndForms))]
    public void Multiply_Codes_StaysWithinToleranceOfReference(bool backwards, int tilesFromTokens)
    {
        using GpuDevice device = new(new EmulatedDriver(backwards), tilesFromTokens, usesTensorCores: false);
        KernelSuite suite = DeviceSuite.Of(device);
        foreach (WeightFormat format in Enum.GetValues<WeightFormat>())
        {
            foreach ((int tokens, int rows, int columns, int groupSize, int preserved) in new[] { (1, 1, 1, 1, 0), (5, 9, 150, 150, 2), (3, 5, 200, 64, 1), (6, 3, 70, 7, 0) })
            {
                ProductCase product = new(format, tokens, rows, columns, groupSize, preserved, seed: 5);
                product.AssertNearReference(suite.CodeProduct, onCodes: true);
                product.AssertNearReference(suite.CodeProduct, onCodes: false);
            }
        }
    }

    [Theory]
    [MemberData(nameof(OrdersAndForms))]
    public void Multiply_Floats_StaysWithinToleranceOfBinary64(bool backwards, int tilesFromTokens)
    {
        using GpuDevice device = new(new EmulatedDriver(backwards), tilesFromTokens);
        KernelSuite suite = DeviceSuite.Of(device);
        foreach ((FloatType type, bool isTransposed) in FloatMatmulCase.Storages)
        {
            foreach ((int tokens, int rows, int columns) in new[] { (1, 1, 1), (5, 9, 72), (3, 34, 37) })
            {
                FloatMatmulCase product = FloatMatmulCase.Random(3, type, isTransposed, tokens, rows, columns);
                product.AssertClose(product.Multiply(suite.FloatMatmul));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Quantize_AnyLength_EqualsReferenceBitForBit(bool backwards)
    {
        using GpuDevice device = new(new EmulatedDriver(backwards));
        IRowQuantizeKernel kernel = DeviceSuite.Of(device).RowQuantize;
        RowQuantizeReference reference = new();
        Random random = new(11);
        foreach (int columns in new[] { 1, 127, 128, 129, 300 })
        {
            float[] row = [.. Enumerable.Range(0, columns).Select(_ => (random.NextSingle() - 0.5f) * 60)];
            row[columns / 2] = columns % 2 == 0 ? float.NaN : float.NegativeInfinity;
            int[] preserved = columns > 2 ? [1, columns - 1] : [];
            sbyte[] expected = new sbyte[columns], actual = new sbyte[columns];
            float[] expectedFloats = new float[preserved.Length], actualFloats = new float[preserved.Length];
            reference.Quantize(row, preserved, 0.23f, 127, expected, expectedFloats);
            kernel.Quantize(row, preserved, 0.23f, 127, actual, actualFloats);
            Assert.Equal(expected, actual);
            Assert.Equal(expectedFloats, actualFloats);
            Assert.Equal(reference.AbsMax(row, preserved), kernel.AbsMax(row, preserved));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Round_EveryRule_EqualsTheDefinitionBitForBit(bool backwards)
    {
        using GpuDevice device = new(new EmulatedDriver(backwards));
        using HostDevice host = new();
        Random random = new(12);
        foreach (int columns in new[] { 1, 129, 300 })
        {
            float[] values = [.. Enumerable.Range(0, 3 * columns).Select(_ => (random.NextSingle() - 0.5f) * 6)];
            (values[columns], values[^1]) = (-0.01f, float.NegativeInfinity);
            int[] channels = columns > 2 ? [1, columns - 1] : [];
            foreach (bool hasConstants in new[] { false, true })
            {
                Assert.Equal(Rounded(host), Rounded(device));

                byte[] Rounded(IDevice on)
                {
                    using DeviceBuffer rows = WeightUpload.Bytes(on, MemoryMarshal.AsBytes<float>(values), "values");
                    using DeviceBuffer constants = WeightUpload.Bytes(on, MemoryMarshal.AsBytes<float>([3, 4]), "constants");
                    using DeviceBuffer others = WeightUpload.Bytes(on, MemoryMarshal.AsBytes<float>([5, 6]), "constants");
                    using DeviceChannels spared = on.Products.UploadChannels(channels, columns);
                    on.Parts.Round(new(0.25f, 7, spared, hasConstants ? constants : null, hasConstants ? others : null), 1, 3, rows);
                    byte[] bytes = new byte[sizeof(float) * values.Length];
                    on.Download(rows, 0, bytes);
                    return bytes;
                }
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LookUp_EveryType_EqualsTheTableBitForBit(bool backwards)
    {
        using GpuDevice device = new(new EmulatedDriver(backwards));
        using HostDevice host = new();
        int[] numbers = [12, 10, 9, 13, 11, int.MinValue];
        foreach ((FloatType type, int columns) in new[] { (FloatType.F32, 1), (FloatType.F32, 129), (FloatType.F16, 130), (FloatType.BF16, 300) })
        {
            float[] values = [.. Enumerable.Range(0, 3 * columns).Select(i => (float)Math.Sin(i))];
            byte[] elements = type switch
            {
                FloatType.F32 => MemoryMarshal.AsBytes<float>(values).ToArray(),
                FloatType.F16 => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(values, static value => (Half)value)).ToArray(),
                _ => MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(values, static value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16))).ToArray(),
            };
            foreach (bool isAdded in new[] { false, true })
            {
                Assert.Equal(LookedUp(host), LookedUp(device));

                byte[] LookedUp(IDevice on)
                {
                    using DeviceFloatWeights table = on.Products.Upload(new FloatWeights { Elements = elements, Type = type, Rows = 3, Columns = columns }, "a table");
                    using DeviceBuffer rows = WeightUpload.Bytes(on, MemoryMarshal.AsBytes<int>(numbers), "numbers");
                    byte[] bytes = new byte[sizeof(float) * numbers.Length * columns];
                    bytes.AsSpan().Fill(0x3F);
                    using DeviceBuffer destination = WeightUpload.Bytes(on, bytes, "rows");
                    on.Parts.LookUp(table, 10, rows, numbers.Length, isAdded, destination);
                    on.Download(destination, 0, bytes);
                    return bytes;
                }
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FindLargestAndCandidates_AnyCount_EqualBinary64(bool backwards)
    {
        using GpuDevice device = new(new EmulatedDriver(backwards));
        using HostDevice host = new();
        foreach (int count in new[] { 1, 129, 1024, 3000 })
        {
            float[] values = [.. Enumerable.Range(0, count).Select(i => (float)Math.Sin(i))];
            values[count / 2] = values.Max();
            (DeviceCandidates expected, DeviceCandidates actual) = (Found(host), Found(device));
            Assert.Equal(expected.Values, actual.Values);
            Assert.InRange(actual.Total / expected.Total, 1 - 1e-5, 1 + 1e-5);

            values[count / 2] = float.NaN;
            using DeviceBuffer spoiled = WeightUpload.Bytes(device, MemoryMarshal.AsBytes<float>(values), "values");
            Assert.Equal((float.NaN, 0), device.Parts.FindLargest(spoiled, count));

            DeviceCandidates Found(IDevice on)
            {
                using DeviceBuffer buffer = WeightUpload.Bytes(on, MemoryMarshal.AsBytes<float>(values), "values");
                (float Value, int Index) largest = on.Parts.FindLargest(buffer, count);
                Assert.Equal((values.Max(), Array.IndexOf(values, values.Max())), largest);
                return on.Parts.FindCandidates(buffer, count, largest.Value, 0.5f, 0.1f)!;
            }
        }
    }
}
