namespace OutlierQuant.Checkpoints.Tokenization.Model;

/// <summary>What two neighbouring symbols become.</summary>
/// <param name="Rank">Position in the list of merges; a lower rank is merged first.</param>
/// <param name="Id">Id of the piece that both become.</param>
internal readonly record struct Merge(int Rank, int Id);
