namespace OutlierQuant.Checkpoints.Tokenization.Splitting;

/// <summary>Where a space mark is put before text that does not start with one.</summary>
internal enum MetaspacePrepend
{
    /// <summary>Nowhere.</summary>
    Never,

    /// <summary>Before the piece that begins the whole text.</summary>
    First,

    /// <summary>Before every piece between added tokens.</summary>
    Always,
}
