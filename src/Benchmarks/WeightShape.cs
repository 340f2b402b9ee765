using System.Globalization;

namespace OutlierQuant.Benchmarks;

/// <summary>The shape of a weight matrix.</summary>
/// <param name="OutFeatures">Output features: the rows of the matrix.</param>
/// <param name="InFeatures">Input features: its columns.</param>
public readonly record struct WeightShape(int OutFeatures, int InFeatures)
{
    /// <summary>Gets the number of weights.</summary>
    public long Weights => (long)OutFeatures * InFeatures;

    /// <summary>Reads a shape such as <c>11008x4096</c>: output features, <c>x</c> or <c>×</c>, input features.</summary>
    /// <exception cref="ArgumentException">The text has another form, or a number is not positive.</exception>
    public static WeightShape Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split('x', '×') is [string rows, string columns] && TryParse(rows, out int outFeatures) && TryParse(columns, out int inFeatures)
            ? new WeightShape(outFeatures, inFeatures)
            : throw new ArgumentException($"'{text}' is not a shape; output features x input features are needed, both from 1 on, such as 11008x4096.", nameof(text));
    }

    /// <summary>Writes the shape as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{OutFeatures}x{InFeatures}");

    private static bool TryParse(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0;
}
