namespace OutlierQuant.Kernels.TiledProduct.Int8;

/// <summary>One 256-bit instruction set's way to multiply 4 features by 16 tokens over half steps of 32 codes.</summary>
internal unsafe interface IHalfStep
{
    /// <summary>Gets the name that tables show.</summary>
    static abstract string Name { get; }

    /// <summary>Gets a value indicating whether activations are raised by 128.</summary>
    static abstract bool Raises { get; }

    /// <summary>Adds the products of some half steps to sums.</summary>
    /// <param name="weights">First code of the first of four neighbouring features in the first step.</param>
    /// <param name="activations">An activation tile of the first step.</param>
    /// <param name="firstHalf">The half that the first step begins with, 0 or 1.</param>
    /// <param name="halves">Number of half steps, positive.</param>
    /// <param name="sums">Sums of 4 features, at a distance of 32, and 16 tokens. A row is two vectors.</param>
    static abstract void Add(byte* weights, byte* activations, int firstHalf, int halves, int* sums);

    /// <summary>Adds the products of some whole groups, scaled.</summary>
    /// <param name="weights">First code of the first of four neighbouring features in the first step.</param>
    /// <param name="activations">An activation tile of the first step.</param>
    /// <param name="firstHalf">The half that the first step begins with, 0 or 1.</param>
    /// <param name="groups">Number of groups, positive.</param>
    /// <param name="groupHalves">Half steps of a group, positive.</param>
    /// <param name="sums">What the sums of the first group start from, are multiplied by and are added to.</param>
    /// <param name="waiting">Memory for the integer sums of a group. 4 features, at a distance of 32, and 16 tokens.</param>
    /// <param name="isFirst">Whether these are the first groups of the row.</param>
    static abstract void AddGroups(byte* weights, byte* activations, int firstHalf, int groups, int groupHalves, GroupSums sums, int* waiting, bool isFirst);
}
