using System.Globalization;
using System.Text;

namespace OutlierQuant.Eval.Reports;

/// <summary>Builds markup that is both html and well-formed xml. Everything that is not a literal of this program passes <see cref="Escape"/>.</summary>
internal sealed class Markup
{
    private readonly StringBuilder _text = new();
    private readonly HashSet<string> _linked = [];

    /// <summary>Gets the ids of the definitions that the page links to.</summary>
    public IReadOnlySet<string> Linked => _linked;

    /// <summary>Appends markup as it is.</summary>
    public Markup Raw(string markup)
    {
        _text.Append(markup);
        return this;
    }

    /// <summary>Appends formatted markup: numbers in the invariant culture, the text of every hole escaped, and a <see cref="Term"/> as a link to its definition.</summary>
    public Markup Line(FormattableString markup)
    {
        var arguments = Array.ConvertAll(markup.GetArguments(), argument => argument switch
        {
            string text => Escape(text),
            Term term => Link(term),
            _ => argument,
        });
        _text.AppendFormat(CultureInfo.InvariantCulture, markup.Format, arguments).Append('\n');
        return this;
    }

    private string Link(Term term)
    {
        _linked.Add(term.Id);
        return $"<a class=\"term\" href=\"#def-{term.Id}\">{Escape(term.Text)}</a>";
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    /// <summary>Makes a text safe in content and in quoted attributes: markup characters become entities, and what xml cannot hold becomes U+FFFD.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '&': escaped.Append("&amp;"); break;
                case '<': escaped.Append("&lt;"); break;
                case '>': escaped.Append("&gt;"); break;
                case '"': escaped.Append("&quot;"); break;
                case '\'': escaped.Append("&#39;"); break;
                case '\t' or '\n': escaped.Append(rune); break;
                case < 0x20 or (>= 0x7F and < 0xA0) or 0xFFFE or 0xFFFF: escaped.Append('\uFFFD'); break;
                default: escaped.Append(rune); break;
            }
        }

        return escaped.ToString();
    }
}
