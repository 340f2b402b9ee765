namespace OutlierQuant.Training.Measuring;

/// <summary>The largest value of a block's output, over some validation windows.</summary>
/// <param name="Block">0-based block.</param>
/// <param name="Value">The value of largest magnitude.</param>
/// <param name="Position">Its position in the window; −1 for a learned sink token in front of it.</param>
/// <param name="Channel">Its channel.</param>
/// <param name="Median">The median magnitude of that block's output in the same window, the sink token's row included.</param>
/// <param name="Ratio">Magnitude ÷ median.</param>
/// <param name="ValueAfterFirst">The value of largest magnitude outside the first row of the window, which is the sink token's, BOS's, or that of the first token.</param>
public sealed record BlockMeasurement(int Block, float Value, int Position, int Channel, float Median, double Ratio, float ValueAfterFirst);
