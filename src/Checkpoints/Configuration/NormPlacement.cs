namespace OutlierQuant.Checkpoints.Configuration;

/// <summary>Where the norms of a block stand, for each of its branches f: attention and the MLP.</summary>
public enum NormPlacement
{
    /// <summary><c>h + f(norm(h))</c>, and a norm after the last block.</summary>
    Pre,

    /// <summary><c>h + norm′(f(norm(h)))</c>, and a norm after the last block. Ding et al., arXiv:2105.13290, section 2.4.</summary>
    Sandwich,

    /// <summary><c>norm(h + f(h))</c>, and none after the last block. Vaswani et al., arXiv:1706.03762, section 3.1.</summary>
    Post,
}
