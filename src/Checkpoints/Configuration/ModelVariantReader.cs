using OutlierQuant.Checkpoints.Json;

namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>Reads <c>variant</c> of <c>config.json</c>, which only this program's own architectures have.</summary>
internal static class ModelVariantReader
{
    public const string Key = "variant";

    /// <summary>Reads the parts of an architecture of our own; those of published architectures are plain.</summary>
    public static ModelVariant Read(JsonItem root, string architecture, bool isOwn)
    {
        if (!isOwn)
        {
            return root.Find(Key) is { } odd
                ? throw odd.Wrong($"{Key} is given; {architecture} has no such setting, so it must be absent")
                : ModelVariant.Plain;
        }

        JsonItem block = root.Require(Key);
        block.RefuseKeysExcept("attention", "norm", "qk_norm");
        return new ModelVariant(
            VariantName.Attention.First(pair => pair.Value == block.Require("attention").AsOneOf([.. VariantName.Attention.Values])).Key,
            VariantName.Norm.First(pair => pair.Value == block.Require("norm").AsOneOf([.. VariantName.Norm.Values])).Key,
            block.Require("qk_norm").AsBoolean());
    }
}
