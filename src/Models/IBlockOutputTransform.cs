namespace OutlierQuant.Models;

/// <summary>Changes a block's output before the next block reads it: interventions and the rounding of the residual stream.</summary>
public interface IBlockOutputTransform
{
    /// <summary>Changes the output of one block for some tokens of one sequence, in place.</summary>
    /// <param name="block">0-based block whose output this is.</param>
    /// <param name="chunk">The tokens.</param>
    /// <param name="hidden">The residual stream after both residual additions. Shape <c>[tokens, hiddenSize]</c>.</param>
    /// <param name="hiddenSize">Width of the residual stream.</param>
    void Apply(int block, SequenceChunk chunk, Span<float> hidden, int hiddenSize);
}
