using System.Globalization;

namespace OutlierQuant.Training.Figures;

/// <summary>Maps values to a length, linearly or by their logarithm, and finds round numbers to mark.</summary>
internal sealed class Axis
{
    private const int Marks = 5;

    private readonly bool _isLogarithmic;
    private readonly double _from;
    private readonly double _to;

    /// <summary>Makes an axis that reaches over values. Of a logarithmic one those that are not positive are left out.</summary>
    public Axis(IEnumerable<double> values, bool isLogarithmic, double? from = null, double? to = null)
    {
        _isLogarithmic = isLogarithmic;
        List<double> shown = [.. values.Where(value => !isLogarithmic || value > 0)];
        (_from, _to) = (from ?? shown.DefaultIfEmpty(1).Min(), to ?? shown.DefaultIfEmpty(1).Max());
        if (_to <= _from)
        {
            (_from, _to) = isLogarithmic ? (_from / 2, _from * 2) : (_from - 0.5, _from + 0.5);
        }
    }

    /// <summary>Whether a value can be shown.</summary>
    public bool Has(double value) => !_isLogarithmic || value > 0;

    /// <summary>Where a value lies: 0 at the beginning, 1 at the end.</summary>
    public double At(double value) => (Scale(value) - Scale(_from)) / (Scale(_to) - Scale(_from));

    /// <summary>Round numbers on the axis, with their labels.</summary>
    public IEnumerable<(double Value, string Label)> Ticks()
    {
        foreach (double value in _isLogarithmic ? Decades() : Steps())
        {
            if (value >= _from && value <= _to)
            {
                yield return (value, value.ToString(Math.Abs(value) >= 1e6 ? "0.#e0" : "#,0.###", CultureInfo.InvariantCulture));
            }
        }
    }

    private double Scale(double value) => _isLogarithmic ? Math.Log(value) : value;

    private IEnumerable<double> Steps()
    {
        double wanted = (_to - _from) / Marks, decade = Math.Pow(10, Math.Floor(Math.Log10(wanted)));
        double step = decade * (wanted / decade is var share && share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10);
        for (long i = (long)Math.Ceiling(_from / step); i * step <= _to; i++)
        {
            yield return i * step;
        }
    }

    private IEnumerable<double> Decades()
    {
        double[] digits = _to / _from < 30 ? [1, 2, 5] : [1];
        for (int exponent = (int)Math.Floor(Math.Log10(_from)); exponent <= Math.Log10(_to); exponent++)
        {
            foreach (double digit in digits)
            {
                yield return digit * Math.Pow(10, exponent);
            }
        }
    }
}
