namespace OutlierQuant.Eval.Forecasting;

/// <summary>The forecast for the output of one block under a scheme that rounds the residual stream.</summary>
/// <param name="Block">The block, from 0.</param>
/// <param name="Output">Its output.</param>
public sealed record BlockForecast(int Block, TensorForecast Output);
