using System.Globalization;
using System.Text.RegularExpressions;

namespace OutlierQuant.Kernels.Gpu.Tests.Cuda.Emulator;

/// <summary>Reads PTX as NVRTC writes it (NVIDIA, "PTX ISA").</summary>
internal sealed partial class PtxModule
{
    public PtxModule(string text)
    {
        // Arrays that a launch sizes stand before the kernels, and lie behind each kernel's own.
        string[] launchSized = [.. LaunchSizedArray().Matches(text).Select(static match => match.Groups[1].Value)];
        foreach (Match entry in Entry().Matches(text))
        {
            int bodyEnd = text.IndexOf("\n}", entry.Index, StringComparison.Ordinal);
            string body = text[(entry.Index + entry.Length)..bodyEnd];
            Kernels.Add(entry.Groups[1].Value, ReadKernel(entry.Groups[1].Value, entry.Groups[2].Value, body, launchSized));
        }
    }

    public Dictionary<string, PtxKernel> Kernels { get; } = [];

    private static PtxKernel ReadKernel(string name, string parameters, string body, string[] launchSized)
    {
        PtxNames names = new();
        int[] parameterBytes = [.. Parameter().Matches(parameters).Select(static match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) / 8)];
        for (int i = 0; i < parameterBytes.Length; i++)
        {
            names.Parameters[$"{name}_param_{i}"] = i;
        }

        int sharedBytes = 0;
        foreach (Match array in SharedArray().Matches(body))
        {
            int alignment = int.Parse(array.Groups[1].Value, CultureInfo.InvariantCulture);
            sharedBytes = (sharedBytes + alignment - 1) / alignment * alignment;
            names.Shared[array.Groups[2].Value] = sharedBytes;
            sharedBytes += int.Parse(array.Groups[3].Value, CultureInfo.InvariantCulture);
        }

        Array.ForEach(launchSized, array => names.Shared[array] = sharedBytes);

        // Labels first: branches go forward too.
        List<string> statements = [];
        foreach (string line in body.Split('\n').Select(static line => line.Split("//")[0].Trim()))
        {
            if (line.EndsWith(':'))
            {
                names.Labels[line[..^1]] = statements.Count;
            }
            else if (line.Length > 0 && !line.StartsWith('.') && !line.StartsWith('{'))
            {
                statements.AddRange(line.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            }
        }

        PtxInstruction[] instructions = [.. statements.Select(statement => ReadInstruction(statement, names))];
        return new PtxKernel(name, parameterBytes, names.RegisterCount, sharedBytes, instructions);
    }

    private static PtxInstruction ReadInstruction(string statement, PtxNames names)
    {
        Match match = Statement().Match(statement);
        string[] operation = match.Groups[3].Value.Split('.');
        string[] operands = [.. Operand().Matches(match.Groups[4].Value).Select(static operand => operand.Value.Trim())];
        int guard = match.Groups[2].Success ? names.Register(match.Groups[2].Value) : -1;
        bool isNegated = match.Groups[1].Value == "@!";
        try
        {
            return operation[0] switch
            {
                "bar" => new PtxInstruction(statement, guard, isNegated, null, null, IsBarrier: true),
                "ldmatrix" => new PtxInstruction(statement, guard, isNegated, null, PtxWarp.LoadMatrices(operands, names), IsBarrier: false),
                "mma" => new PtxInstruction(statement, guard, isNegated, null, PtxWarp.Multiply(match.Groups[3].Value, operands, names), IsBarrier: false),
                "cp" or "ld" or "st" => new PtxInstruction(statement, guard, isNegated, PtxTransfer.Read(operation, operands, names), null, IsBarrier: false),
                _ => new PtxInstruction(statement, guard, isNegated, PtxArithmetic.Read(operation, operands, names), null, IsBarrier: false),
            };
        }
        catch (Exception failed) when (failed is PtxException or FormatException or IndexOutOfRangeException or KeyNotFoundException)
        {
            throw new PtxException($"cannot read '{statement}': {failed.Message}", failed);
        }
    }

    [GeneratedRegex(@"\.extern \.shared [^;]*?(\w+)\[\];")]
    private static partial Regex LaunchSizedArray();

    [GeneratedRegex(@"\.visible \.entry (\w+)\(([^)]*)\)[^{]*\{")]
    private static partial Regex Entry();

    [GeneratedRegex(@"\.param \.[a-z](\d+)")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\.shared \.align (\d+) \.b8 (\w+)\[(\d+)\];")]
    private static partial Regex SharedArray();

    [GeneratedRegex(@"^(?:(@!?)(%p\d+)\s+)?([a-z][\w.]*)\s*(.*)$")]
    private static partial Regex Statement();

    // What stands in braces or brackets is one operand.
    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]|[^,{}\[\]\s][^,{}\[\]]*")]
    private static partial Regex Operand();
}
