using System.CommandLine;
using System.Globalization;
using OutlierQuant.Cli.Documents;
using OutlierQuant.Cli.Terminal;
using OutlierQuant.Models;
using Spectre.Console;

namespace OutlierQuant.Cli.Commands;

/// <summary><c>inspect</c>: what a checkpoint holds and what working on it needs.</summary>
internal static class InspectCommand
{
    private static readonly Option<bool> AllTensors = new("--tensors") { Description = "List every tensor." };
    private static readonly Option<bool> Verify = new("--verify") { Description = "Read every weight: floats must be finite, codes in their range." };

    public static Command Create(UserConsole console)
    {
        Command command = new("inspect", "Shows architecture, parameters, tensors, types and a forecast of memory.\n\nExample:\n  outlierquant inspect MODEL --tensors")
        {
            SharedOptions.Model, AllTensors, Verify, SharedOptions.Context, SharedOptions.Threads, SharedOptions.Kernels, SharedOptions.Precision, SharedOptions.Json,
        };
        command.SetAction((arguments, cancellation) => Task.FromResult(Run(arguments, console, cancellation)));
        return command;
    }

    private static int Run(ParseResult arguments, UserConsole console, CancellationToken cancellation)
    {
        using Session session = Session.Open(arguments);
        if (arguments.GetValue(Verify))
        {
            using ProgressDisplay progress = new(console);
            WeightVerification.Check(session.Model, (done, total) => progress.Report("verifying", done, total, "bytes"), cancellation);
            progress.Dispose();
            console.Note("every weight was read and is right");
        }

        InspectDocument document = Inspecting.Run(session, session.ContextOf(arguments));
        if (arguments.GetValue(SharedOptions.Json))
        {
            console.WriteJson(document, CliJson.Default.InspectDocument);
            return 0;
        }

        Table facts = Tables.Create("<", "<");
        facts.ShowHeaders = false;
        Tables.AddRow(facts, "architecture", document.Architecture);
        Tables.AddRow(facts, "blocks, hidden size, MLP size", $"{document.Blocks}, {document.HiddenSize}, {document.IntermediateSize}");
        Tables.AddRow(facts, "heads, key/value heads, head size", $"{document.Heads}, {document.KeyValueHeads}, {document.HeadSize}");
        Tables.AddRow(facts, "vocabulary, positions", $"{document.Vocabulary}, {document.MaxPositions}");
        Tables.AddRow(facts, "output head", document.TiedHead ? "tied to the embedding" : "its own");
        Tables.AddRow(facts, "parameters", Tables.Count(document.Parameters));
        Tables.AddRow(facts, "quantization", document.Quantization is { } q ? string.Create(CultureInfo.InvariantCulture, $"{q.Scheme}, preserve {q.Preserve} ({q.PreservedChannels} channels){(q.BitsPerWeight > 0 ? $", {q.BitsPerWeight:F3} bits per weight" : "")}") : "none");
        if (document.Fold is { } fold)
        {
            Tables.AddRow(facts, "folded prefix", fold.ToString());
        }

        Tables.AddRow(facts, "file, mapped", Tables.Bytes(document.Memory.MappedFile));
        Tables.AddRow(facts, "largest block in float", Tables.Bytes(document.Memory.LargestBlock));
        Tables.AddRow(facts, $"activations of a window of {document.Memory.Context}", Tables.Bytes(document.Memory.ActivationsPerWindow));
        Tables.AddRow(facts, $"key/value cache of {document.Memory.Context} tokens", Tables.Bytes(document.Memory.KeyValueCache));
        Tables.AddRow(facts, "kernels", document.Kernels);
        Tables.AddRow(facts, "precision of products of floats", document.Precision);
        console.Write(facts);

        Table types = Tables.Create("<type", "tensors", "elements", "size");
        foreach (TensorTypeTotal total in document.Types)
        {
            Tables.AddRow(types, total.Type, Tables.Count(total.Tensors), Tables.Count(total.Elements), Tables.Bytes(total.Bytes));
        }

        console.Write(types);
        ShowKernels(document, console);
        if (arguments.GetValue(AllTensors))
        {
            Table tensors = Tables.Create("<tensor", "<type", "<shape", "size");
            foreach (InspectedTensor tensor in document.Tensors)
            {
                Tables.AddRow(tensors, tensor.Name, tensor.Type, $"[{string.Join(", ", tensor.Shape)}]", Tables.Bytes(tensor.Bytes));
            }

            console.Write(tensors);
        }

        return 0;
    }

    private static void ShowKernels(InspectDocument document, UserConsole console)
    {
        Table linears = Tables.Create("<linears", "number", "<one token", $"<{InspectedLinears.Many} tokens");
        foreach (var kernels in document.Linears.GroupBy(linears => (linears.OneToken, linears.ManyTokens)))
        {
            Tables.AddRow(linears, string.Join(", ", kernels.Select(linears => linears.Role)), Tables.Count(kernels.Sum(linears => linears.Linears)), kernels.Key.OneToken, kernels.Key.ManyTokens);
        }

        console.Write(linears);
        Table suites = Tables.Create("<--kernels", "<", "<");
        foreach (InspectedSuite suite in document.Suites)
        {
            Tables.AddRow(suites, suite.Name, suite.Chosen ? "runs" : suite.UnavailableBecause is null ? "can run" : "cannot run", suite.UnavailableBecause ?? suite.Description[(suite.Name.Length + 2)..]);
        }

        console.Write(suites);
    }
}
