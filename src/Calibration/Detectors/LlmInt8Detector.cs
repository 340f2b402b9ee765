namespace OutlierQuant.Calibration.Detectors;

/// <summary><c>llmint8</c>: outlier columns of a linear's input.</summary>
/// <remarks>
/// A column is an outlier when any entry of it has <c>|x| &gt; magnitude</c>. Dettmers et al., "LLM.int8()", arXiv:2208.07339, section 3:
/// magnitude 6; such columns are multiplied in 16-bit float. (The paper's separate count of "outlier features" further asks for a
/// share of layers and tokens; this is the rule that its matrix product uses.)
/// </remarks>
public static class LlmInt8Detector
{
    /// <summary>Finds the outlier columns.</summary>
    /// <param name="columnAbsMax">Largest magnitude of every column over all tokens. Shape <c>[columns]</c>.</param>
    /// <param name="magnitude">Threshold.</param>
    /// <returns>The outlier columns, rising.</returns>
    public static IReadOnlyList<int> OutlierColumns(ReadOnlySpan<float> columnAbsMax, double magnitude)
    {
        List<int> columns = [];
        for (int column = 0; column < columnAbsMax.Length; column++)
        {
            if (columnAbsMax[column] > magnitude)
            {
                columns.Add(column);
            }
        }

        return columns;
    }
}
