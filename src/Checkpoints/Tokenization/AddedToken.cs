namespace OutlierQuant.Checkpoints.Tokenization;

/// <summary>A token that is found in the text before anything else happens to it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="SingleWord">Whether it counts only where no word character touches it.</param>
/// <param name="TakesSpaceBefore">Whether it swallows the white space before it (<c>lstrip</c>).</param>
/// <param name="TakesSpaceAfter">Whether it swallows the white space after it (<c>rstrip</c>).</param>
/// <param name="Normalized">Whether it is looked for in the normalized text, by its own normalized form.</param>
/// <param name="Special">Whether decoding skips it on request.</param>
internal sealed record AddedToken(
    int Id, string Content, bool SingleWord, bool TakesSpaceBefore, bool TakesSpaceAfter, bool Normalized, bool Special);
