using System.Text.Json;

namespace OutlierQuant.Models.Tests.Plain;

/// <summary>
/// A second forward pass, written from the architectures' definitions in binary64 with loops over plain arrays. It shares no code with the product,
/// so a common mistake is unlikely. Slow, and for whole sequences only.
/// </summary>
internal sealed class PlainTransformer(PlainCheckpoint checkpoint)
{
    private readonly bool _isGpt2 = checkpoint.Architecture.EndsWith("GPT2LMHeadModel", StringComparison.Ordinal);
    private readonly bool _isOwn = checkpoint.Architecture.StartsWith("OutlierQuant", StringComparison.Ordinal);

    /// <summary>Whether a learned token in front of every sequence is computed as a row of the stream, and not replaced by the constants of the checkpoint.</summary>
    public bool SinkTokenInStream { get; init; }

    /// <summary>The residual stream after each block of the last <see cref="Logits"/> call. Shape [blocks][tokens][hidden].</summary>
    public List<double[][]> BlockOutputs { get; } = [];

    /// <summary>Attention probabilities of the last <see cref="Logits"/> call. Shape [blocks][heads][queries][keys].</summary>
    public List<double[][][]> Probabilities { get; } = [];

    /// <summary>Rotated queries of the last <see cref="Logits"/> call, as rows of all heads. Shape [blocks][tokens][heads · headSize].</summary>
    public List<double[][]> Queries { get; } = [];

    /// <summary>Keys and values that stand before those of the tokens, as rows of all key and value heads. Shape [blocks][slots][keyValueHeads · headSize].</summary>
    public (double[][] Keys, double[][] Values)[]? Constants { get; init; }

    /// <summary>The position of the first token.</summary>
    public int FirstPosition { get; init; }
    /// <summary>Attention scores of the last <see cref="Logits"/> call, −∞ where a query may not look. Shape [blocks][heads][queries][keys].</summary>
    public List<double[][][]> Scores { get; } = [];

    /// <summary>Values of the last <see cref="Logits"/> call. Shape [blocks][keys][keyValueHeads · headSize].</summary>
    public List<double[][]> Values { get; } = [];

    /// <summary>What attention adds up in the last <see cref="Logits"/> call. Shape [blocks][queries][heads · headSize].</summary>
    public List<double[][]> Attended { get; } = [];

    /// <summary>Logits of a sequence. Shape [tokens][vocabulary].</summary>
    public double[][] Logits(int[] ids)
    {
        BlockOutputs.Clear();
        Probabilities.Clear();
        Queries.Clear();
        Scores.Clear();
        Values.Clear();
        Attended.Clear();
        return _isGpt2 ? Gpt2(ids) : Llama(ids);
    }

    private double[][] Gpt2(int[] ids)
    {
        string prefix = checkpoint.Has("wte.weight") ? "" : "transformer.";
        int hidden = checkpoint.Int("n_embd");
        int heads = checkpoint.Int("n_head");
        double epsilon = checkpoint.Double("layer_norm_epsilon");
        double[][] stream = [.. ids.Select((id, position) => Sum(Row(prefix + "wte.weight", id, hidden), Row(prefix + "wpe.weight", FirstPosition + position, hidden)))];
        stream = [.. Sink(prefix), .. stream];
        for (int block = 0; block < checkpoint.Int("n_layer"); block++)
        {
            string name = $"{prefix}h.{block}.";
            double[] Norm(double[] row, string norm) => LayerNorm(row, name + norm, epsilon);
            stream = Branch(stream, Norm, "ln_1", "ln_1_post", rows =>
            {
                double[][] all = [.. rows.Select(row => TransposedLinear(row, name + "attn.c_attn"))];
                double[][] queries = [.. all.Select(row => HeadNorm(row[..hidden], name + "attn.q_norm.weight", hidden / heads, epsilon))];
                double[][] keys = [.. all.Select(row => HeadNorm(row[hidden..(2 * hidden)], name + "attn.k_norm.weight", hidden / heads, epsilon))];
                double[][] values = [.. all.Select(row => row[(2 * hidden)..])];
                (double[][] constantKeys, double[][] constantValues) = ConstantsOf(block, name + "attn.");
                double[][] attended = Attend(queries, [.. constantKeys, .. keys], [.. constantValues, .. values], heads, heads, hidden / heads, int.MaxValue);
                return [.. attended.Select((row, i) => TransposedLinear(Gate(row, rows[i], name + "attn.head_gate", TransposedLinear), name + "attn.c_proj"))];
            });
            stream = Branch(stream, Norm, "ln_2", "ln_2_post", rows =>
                [.. rows.Select(row => TransposedLinear([.. TransposedLinear(row, name + "mlp.c_fc").Select(Activate)], name + "mlp.c_proj"))]);
            BlockOutputs.Add(stream);
        }

        string head = checkpoint.Flag("tie_word_embeddings") ? prefix + "wte" : "lm_head";
        return [.. stream[Sink(prefix).Length..].Select(row => Linear(Placement == "post" ? row : LayerNorm(row, prefix + "ln_f", epsilon), head))];
    }

    private double[][] Llama(int[] ids)
    {
        int hidden = checkpoint.Int("hidden_size");
        int heads = checkpoint.Int("num_attention_heads");
        int keyValueHeads = checkpoint.Int("num_key_value_heads");
        int headSize = checkpoint.Int("head_dim");
        double epsilon = checkpoint.Double("rms_norm_eps");
        double[][] sink = Sink("model.");
        double[][] stream = [.. sink, .. ids.Select(id => Row("model.embed_tokens.weight", id, hidden))];
        for (int block = 0; block < checkpoint.Int("num_hidden_layers"); block++)
        {
            string name = $"model.layers.{block}.";
            double[] Norm(double[] row, string norm) => RmsNorm(row, $"{name}{norm}.weight", epsilon);
            double[][] Heads(double[][] rows, string projection, string norm) =>
            [
                .. rows.Select((row, i) => Rotate(
                    HeadNorm(Linear(row, name + projection), name + norm, headSize, epsilon), headSize, FirstPosition + Math.Max(0, i - sink.Length))),
            ];
            stream = Branch(stream, Norm, "input_layernorm", _isOwn ? "post_attention_layernorm" : "", rows =>
            {
                double[][] queries = Heads(rows, "self_attn.q_proj", "self_attn.q_norm.weight");
                double[][] keys = Heads(rows, "self_attn.k_proj", "self_attn.k_norm.weight");
                double[][] values = [.. rows.Select(row => Linear(row, name + "self_attn.v_proj"))];
                (double[][] constantKeys, double[][] constantValues) = ConstantsOf(block, name + "self_attn.");
                double[][] attended = Attend(queries, [.. constantKeys, .. keys], [.. constantValues, .. values], heads, keyValueHeads, headSize, Window(block));
                return [.. attended.Select((row, i) => Linear(Gate(row, rows[i], name + "self_attn.head_gate", Linear), name + "self_attn.o_proj"))];
            });
            stream = Branch(stream, Norm, _isOwn ? "pre_feedforward_layernorm" : "post_attention_layernorm", "post_feedforward_layernorm", rows =>
            [
                .. rows.Select(row =>
                {
                    double[] gate = Linear(row, name + "mlp.gate_proj");
                    double[] up = Linear(row, name + "mlp.up_proj");
                    return Linear([.. gate.Zip(up, (left, right) => Activate(left) * right)], name + "mlp.down_proj");
                }),
            ]);
            BlockOutputs.Add(stream);
        }

        string head = checkpoint.Flag("tie_word_embeddings") ? "model.embed_tokens" : "lm_head";
        return [.. stream[sink.Length..].Select(row => Linear(Placement == "post" ? row : RmsNorm(row, "model.norm.weight", epsilon), head))];
    }

    private string Placement => checkpoint.Find("variant")?.GetProperty("norm").GetString() ?? "pre";

    private double[][] Sink(string prefix) => SinkTokenInStream ? [checkpoint[prefix + "sink_token"]] : [];

    /// <summary>Adds a branch f to the stream: h + f(norm(h)), h + norm'(f(norm(h))), or norm'(h + f(h)).</summary>
    private double[][] Branch(double[][] stream, Func<double[], string, double[]> norm, string before, string after, Func<double[][], double[][]> f)
    {
        double[][] added = f(Placement == "post" ? stream : [.. stream.Select(row => norm(row, before))]);
        return Placement switch
        {
            "post" => [.. stream.Zip(added, (row, more) => norm(Sum(row, more), after))],
            "sandwich" => [.. stream.Zip(added, (row, more) => Sum(row, norm(more, after)))],
            _ => [.. stream.Zip(added, Sum)],
        };
    }

    /// <summary>Multiplies each head's part of a row by the logistic function of a number that depends on the input.</summary>
    private double[] Gate(double[] attended, double[] input, string name, Func<double[], string, double[]> linear)
    {
        if (!checkpoint.Has(name + ".weight"))
        {
            return attended;
        }

        double[] gates = linear(input, name);
        return [.. attended.Select((value, i) => value / (1 + Math.Exp(-gates[i * gates.Length / attended.Length])))];
    }

    /// <summary>What stands before the keys and values of the tokens: what the test gives, or the constants of the checkpoint, unless their token is in the stream.</summary>
    private (double[][] Keys, double[][] Values) ConstantsOf(int block, string attention)
    {
        if (Constants is not null)
        {
            return Constants[block];
        }

        return checkpoint.Has(attention + "constant_key") && !SinkTokenInStream
            ? ([checkpoint[attention + "constant_key"]], [checkpoint[attention + "constant_value"]])
            : ([], []);
    }

    private int Window(int block) => checkpoint.Architecture switch
    {
        "MistralForCausalLM" => checkpoint.Find("sliding_window")?.GetInt32() ?? int.MaxValue,
        "Qwen2ForCausalLM" or "Qwen3ForCausalLM" when checkpoint.Find("use_sliding_window")?.GetBoolean() == true && block >= checkpoint.Int("max_window_layers") => checkpoint.Int("sliding_window"),
        _ => int.MaxValue,
    };

    private double[][] Attend(double[][] queries, double[][] keys, double[][] values, int heads, int keyValueHeads, int headSize, int window)
    {
        int tokens = queries.Length;
        int constants = keys.Length - tokens;
        double[][] result = [.. queries.Select(_ => new double[heads * headSize])];
        double[][][] probabilities = new double[heads][][];
        double[][][] scores = new double[heads][][];
        for (int head = 0; head < heads; head++)
        {
            int shared = head * keyValueHeads / heads;
            probabilities[head] = new double[tokens][];
            scores[head] = [.. Enumerable.Range(0, tokens).Select(_ => Enumerable.Repeat(double.NegativeInfinity, keys.Length).ToArray())];
            for (int query = 0; query < tokens; query++)
            {
                double[] weights = new double[keys.Length];
                for (int key = 0; key <= constants + query; key++)
                {
                    // A window of w positions reaches from the token itself back to the one w − 1 before it.
                    if (constants + query - key >= window)
                    {
                        continue;
                    }

                    double score = 0;
                    for (int i = 0; i < headSize; i++)
                    {
                        score += queries[query][(head * headSize) + i] * keys[key][(shared * headSize) + i];
                    }

                    scores[head][query][key] = score / Math.Sqrt(headSize);
                    weights[key] = Math.Exp(scores[head][query][key]);
                }

                double total = weights.Sum();
                for (int key = 0; key < keys.Length; key++)
                {
                    weights[key] /= total;
                    for (int i = 0; i < headSize; i++)
                    {
                        result[query][(head * headSize) + i] += weights[key] * values[key][(shared * headSize) + i];
                    }
                }

                probabilities[head][query] = weights;
            }
        }

        Probabilities.Add(probabilities);
        Queries.Add(queries);
        Scores.Add(scores);
        Values.Add(values);
        Attended.Add(result);
        return result;
    }

    /// <summary>Rotates pairs (i, i + headSize / 2) of every head.</summary>
    private double[] Rotate(double[] row, int headSize, int position)
    {
        double[] result = new double[row.Length];
        int half = headSize / 2;
        for (int start = 0; start < row.Length; start += headSize)
        {
            for (int i = 0; i < half; i++)
            {
                double angle = position * Frequency(i, headSize);
                result[start + i] = (row[start + i] * Math.Cos(angle)) - (row[start + half + i] * Math.Sin(angle));
                result[start + half + i] = (row[start + half + i] * Math.Cos(angle)) + (row[start + i] * Math.Sin(angle));
            }
        }

        return result;
    }

    private double Frequency(int pair, int headSize)
    {
        double frequency = 1 / Math.Pow(checkpoint.Double("rope_theta"), 2.0 * pair / headSize);
        if (checkpoint.Find("rope_scaling") is not JsonElement scaling)
        {
            return frequency;
        }

        double factor = scaling.GetProperty("factor").GetDouble();
        if (scaling.GetProperty("rope_type").GetString() == "linear")
        {
            return frequency / factor;
        }

        double low = scaling.GetProperty("low_freq_factor").GetDouble();
        double high = scaling.GetProperty("high_freq_factor").GetDouble();
        double original = scaling.GetProperty("original_max_position_embeddings").GetDouble();
        double wavelength = 2 * Math.PI / frequency;
        if (wavelength < original / high)
        {
            return frequency;
        }

        if (wavelength > original / low)
        {
            return frequency / factor;
        }

        double smooth = ((original / wavelength) - low) / (high - low);
        return ((1 - smooth) * frequency / factor) + (smooth * frequency);
    }

    private double Activate(double x) => checkpoint.Text(_isGpt2 ? "activation_function" : "hidden_act") switch
    {
        "silu" => x / (1 + Math.Exp(-x)),
        "relu" => Math.Max(x, 0),
        "gelu_new" or "gelu_pytorch_tanh" => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        "gelu" => x * NormalDistribution(x),
        string other => throw new InvalidDataException(other),
    };

    /// <summary>The cumulative normal distribution by Simpson's rule.</summary>
    private static double NormalDistribution(double x)
    {
        const int Steps = 2000;
        double width = x / Steps;
        double sum = 0;
        for (int i = 0; i <= Steps; i++)
        {
            sum += (i is 0 or Steps ? 1 : i % 2 == 1 ? 4 : 2) * Math.Exp(-i * width * i * width / 2);
        }

        return 0.5 + (sum * width / 3 / Math.Sqrt(2 * Math.PI));
    }

    private double[] HeadNorm(double[] row, string gain, int headSize, double epsilon) => checkpoint.Has(gain)
        ? [.. row.Chunk(headSize).SelectMany(head => RmsNorm(head, gain, epsilon))]
        : row;

    private double[] RmsNorm(double[] row, string gain, double epsilon)
    {
        double root = Math.Sqrt(row.Average(value => value * value) + epsilon);
        return [.. row.Zip(checkpoint[gain], (value, weight) => value / root * weight)];
    }

    private double[] LayerNorm(double[] row, string name, double epsilon)
    {
        double mean = row.Average();
        double root = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + epsilon);
        return [.. row.Select((value, i) => ((value - mean) / root * checkpoint[name + ".weight"][i]) + checkpoint[name + ".bias"][i])];
    }

    private double[] Linear(double[] input, string name)
    {
        double[] weight = checkpoint[name + ".weight"];
        double[] result = checkpoint.Has(name + ".bias") ? [.. checkpoint[name + ".bias"]] : new double[weight.Length / input.Length];
        for (int row = 0; row < result.Length; row++)
        {
            for (int column = 0; column < input.Length; column++)
            {
                result[row] += weight[(row * input.Length) + column] * input[column];
            }
        }

        return result;
    }

    private double[] TransposedLinear(double[] input, string name)
    {
        double[] weight = checkpoint[name + ".weight"];
        double[] result = [.. checkpoint[name + ".bias"]];
        for (int row = 0; row < result.Length; row++)
        {
            for (int column = 0; column < input.Length; column++)
            {
                result[row] += weight[(column * result.Length) + row] * input[column];
            }
        }

        return result;
    }

    private double[] Row(string name, int row, int size) => checkpoint[name][(row * size)..((row + 1) * size)];

    private static double[] Sum(double[] left, double[] right) => [.. left.Zip(right, (x, y) => x + y)];
}
