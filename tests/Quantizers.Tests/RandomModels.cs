namespace OutlierQuant.Quantizers.Tests;

/// <summary>One random model of each kind of layout, prepared once for all tests of a class.</summary>
public sealed class RandomModels : IDisposable
{
    internal IReadOnlyDictionary<string, PreparedModel> ByArchitecture { get; } = new Dictionary<string, PreparedModel>
    {
        ["LlamaForCausalLM"] = PreparedModel.Random("LlamaForCausalLM"),
        ["GPT2LMHeadModel"] = PreparedModel.Random("GPT2LMHeadModel"),
    };

    public void Dispose()
    {
        foreach (PreparedModel prepared in ByArchitecture.Values)
        {
            prepared.Dispose();
        }
    }
}
