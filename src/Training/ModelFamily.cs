namespace OutlierQuant.Training;

/// <summary>Which published architecture a trained model has the shape of.</summary>
public enum ModelFamily
{
    /// <summary>Rotary positions, root-mean-square norms, a gated MLP, no biases.</summary>
    Llama,

    /// <summary>Learned positions, norms with mean and bias, a plain MLP, biases.</summary>
    Gpt2,
}
