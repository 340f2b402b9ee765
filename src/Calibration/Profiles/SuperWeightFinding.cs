namespace OutlierQuant.Calibration.Profiles;

/// <summary>Where one down projection's input and output are largest (<c>superweight</c>), which names one weight.</summary>
/// <param name="Block">Index of the block.</param>
/// <param name="Linear">Name of the down projection.</param>
/// <param name="Row">Output channel of the largest output at that token: the weight's row.</param>
/// <param name="Column">Input channel of the largest input: the weight's column.</param>
/// <param name="Input">The input there, signed.</param>
/// <param name="Output">The output there, signed.</param>
/// <param name="Weight">The weight at (row, column); null when the linear is quantized.</param>
/// <param name="Position">Position of the token.</param>
/// <param name="Token">Text of the token.</param>
/// <param name="IsSuperWeight">Whether input and output both exceed the threshold.</param>
public sealed record SuperWeightFinding(
    int Block, string Linear, int Row, int Column, float Input, float Output, float? Weight, int Position, string Token, bool IsSuperWeight);
