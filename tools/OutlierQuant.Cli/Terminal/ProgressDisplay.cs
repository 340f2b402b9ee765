using System.Diagnostics;
using System.Globalization;
using OutlierQuant.Eval;
using OutlierQuant.Models;
using OutlierQuant.Quantizers;

namespace OutlierQuant.Cli.Terminal;

/// <summary>One line on standard error with a bar, a rate and the time left, for work that takes over two seconds.</summary>
/// <remarks>Drawn only on a terminal, at most ten times a second, and wiped when the work ends.</remarks>
internal sealed class ProgressDisplay : IDisposable
{
    private const int BarWidth = 30;
    private static readonly TimeSpan FirstDrawing = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BetweenDrawings = TimeSpan.FromMilliseconds(100);

    private readonly UserConsole _console;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan _lastDrawing;
    private TimeSpan _phaseStart;
    private string _phase = "";
    private int _drawnLength;

    public ProgressDisplay(UserConsole console) => _console = console;

    /// <summary>Reports how far the work is.</summary>
    /// <param name="phase">What is being done, in a few words. A new phase starts its own rate.</param>
    /// <param name="done">Units done.</param>
    /// <param name="total">Units in all, in the same unit.</param>
    /// <param name="unit">Name of the unit, for the rate.</param>
    public void Report(string phase, long done, long total, string unit)
    {
        TimeSpan now = _watch.Elapsed;
        if (phase != _phase)
        {
            _phase = phase;
            _phaseStart = now;
        }

        if (!_console.ShowsProgress || now < FirstDrawing || now - _lastDrawing < BetweenDrawings)
        {
            return;
        }

        _lastDrawing = now;
        Draw(Line(phase, done, total, unit, now - _phaseStart));
    }

    /// <summary>Makes a callback for a forward pass.</summary>
    /// <param name="phase">What the pass is for, in a word or two.</param>
    public Action<ForwardProgress> ForwardPass(string phase) => pass => Report(phase, pass.TokensDone, pass.TokensTotal, "tokens");

    /// <summary>Makes a callback for a study of several arms.</summary>
    public Action<ArmProgress> Arms() => arm => Report($"{arm.Arm + 1}/{arm.ArmCount} {arm.Name}", arm.Forward.TokensDone, arm.Forward.TokensTotal, "tokens");

    /// <summary>Makes a callback for quantization.</summary>
    public IProgress<QuantizationProgress> Quantization() => new Callback(this);

    /// <summary>Writes a note in the place of the line, which is drawn again below it.</summary>
    public void Note(string note)
    {
        Dispose();
        _console.Note(note);
    }

    /// <summary>Wipes the line.</summary>
    public void Dispose()
    {
        if (_drawnLength > 0)
        {
            Draw("");
            _console.Error.Write('\r');
            _drawnLength = 0;
        }
    }

    internal static string Line(string phase, long done, long total, string unit, TimeSpan elapsed)
    {
        double share = total > 0 ? Math.Clamp((double)done / total, 0, 1) : 0;
        int filled = (int)(share * BarWidth);
        double rate = elapsed.TotalSeconds > 0 ? done / elapsed.TotalSeconds : 0;
        string left = share > 0 ? Duration(TimeSpan.FromSeconds(elapsed.TotalSeconds * (1 - share) / share)) : "?";
        return string.Create(CultureInfo.InvariantCulture, $"{phase} [{new string('#', filled)}{new string('.', BarWidth - filled)}] {share:P0}  {rate:N0} {unit}/s  {left} left");
    }

    private static string Duration(TimeSpan time) => time.TotalHours >= 1 ? time.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture) : time.ToString(@"m\:ss", CultureInfo.InvariantCulture);

    private void Draw(string line)
    {
        _console.Error.Write("\r" + line.PadRight(_drawnLength));
        _drawnLength = line.Length;
        _console.Error.Flush();
    }

    /// <summary>Reports at once on the caller's thread, where <see cref="Progress{T}"/> would report later on another.</summary>
    private sealed class Callback(ProgressDisplay display) : IProgress<QuantizationProgress>
    {
        public void Report(QuantizationProgress value) => display.Report("quantizing", value.WeightsDone, value.TotalWeights, "weights");
    }
}
