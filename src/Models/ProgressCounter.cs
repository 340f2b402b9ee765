namespace OutlierQuant.Models;

/// <summary>Counts what a forward pass has done and reports it.</summary>
internal sealed class ProgressCounter(IReadOnlyList<int[]> windows, int blockCount, Action<ForwardProgress>? report)
{
    private readonly long _tokensTotal = windows.Sum(window => (long)window.Length);
    private int _windowsDone;
    private int _blocksDone;
    private long _tokenBlocksDone;

    /// <summary>Counts one block of one window.</summary>
    public void BlockDone(int tokens)
    {
        _blocksDone++;
        _tokenBlocksDone += tokens;
        Report();
    }

    /// <summary>Counts one window that the consumer has received.</summary>
    public void WindowDone()
    {
        _windowsDone++;
        Report();
    }

    private void Report() => report?.Invoke(new ForwardProgress(_windowsDone, _blocksDone, windows.Count * blockCount, _tokenBlocksDone / blockCount, _tokensTotal));
}
