namespace OutlierQuant.Kernels.FloatMatmul.Lanes;

/// <summary>How one element type of a weight matrix is read into lanes.</summary>
internal interface IWeightElement
{
    /// <summary>Gets the size of an element in bytes.</summary>
    static abstract int Size { get; }

    /// <summary>Loads neighbouring elements as binary32, exactly. The address may be unaligned.</summary>
    /// <param name="source">First byte of a matrix.</param>
    /// <param name="index">Index of the first element to load.</param>
    static abstract TVector Load<TLanes, TVector>(ref byte source, nuint index)
        where TLanes : ILanes<TVector>
        where TVector : struct;
}
