namespace OutlierQuant.Eval.Certification;

/// <summary>A text to certify on.</summary>
/// <param name="Source">Its name; no other text of a certificate has the same.</param>
/// <param name="Text">The text.</param>
public readonly record struct CertificationText(string Source, string Text);
