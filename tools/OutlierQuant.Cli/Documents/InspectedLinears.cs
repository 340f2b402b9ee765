namespace OutlierQuant.Cli.Documents;

/// <summary>The linears of one role that run on the same kernels.</summary>
/// <param name="Role">What they do in their block.</param>
/// <param name="Linears">How many there are.</param>
/// <param name="OneToken">The kernel that multiplies one token, as when text is generated.</param>
/// <param name="ManyTokens">The kernel that multiplies <see cref="Many"/> tokens, as when text is scored.</param>
internal sealed record InspectedLinears(string Role, int Linears, string OneToken, string ManyTokens)
{
    /// <summary>How many tokens <see cref="ManyTokens"/> stands for.</summary>
    public const int Many = 512;
}
