namespace OutlierQuant.Models;

/// <summary>Options of a <see cref="ForwardPass"/>.</summary>
public sealed record ForwardOptions
{
    /// <summary>Gets who watches the observation points; null for nobody.</summary>
    public IForwardObserver? Observer { get; init; }

    /// <summary>Gets whether position 0 of every window is the beginning-of-sequence token; null compares it with the configuration's <c>bos_token_id</c>.</summary>
    public bool? StartsWithBos { get; init; }

    /// <summary>Gets the bytes that the activations of the windows in flight may take; one window is computed even if it alone takes more.</summary>
    public long ActivationBudgetBytes { get; init; } = 1L << 30;

    /// <summary>Gets whether windows may be longer than the model's <c>max_position_embeddings</c>. Learned positions never allow it.</summary>
    public bool AllowBeyondMaxPositions { get; init; }

    /// <summary>Gets what is told about progress, after every block of every window; null for nobody.</summary>
    public Action<ForwardProgress>? Progress { get; init; }

    /// <summary>Gets what stops the pass between two blocks of a window, with <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Cancellation { get; init; }
}
