using OutlierQuant.Checkpoints.Tokenization.Model;

namespace OutlierQuant.Checkpoints.Tokenization.Reading;

/// <summary>Reads <c>post_processor</c> of <c>tokenizer.json</c>: the ids that it puts around a single text.</summary>
internal sealed class PostProcessorReader
{
    private readonly Vocabulary _vocabulary;
    private readonly List<int> _before = [];
    private readonly List<int> _after = [];

    private PostProcessorReader(Vocabulary vocabulary) => _vocabulary = vocabulary;

    /// <summary>Reads the ids before and after a text.</summary>
    public static (IReadOnlyList<int> Before, IReadOnlyList<int> After) Read(JsonPlace? place, Vocabulary vocabulary)
    {
        PostProcessorReader reader = new(vocabulary);
        if (place is { } present)
        {
            reader.Append(present);
        }

        return (reader._before, reader._after);
    }

    private void Append(JsonPlace place)
    {
        string type = place.Require("type").Text();
        switch (type)
        {
            case "Sequence":
                foreach (JsonPlace item in place.Require("processors").Items())
                {
                    Append(item);
                }

                break;
            case "ByteLevel":
                break; // only changes offsets, which are not kept
            case "TemplateProcessing":
                AppendTemplate(place);
                break;
            default:
                throw place.Wrong($"has the type {Quotation.Of(type)}; supported are TemplateProcessing, ByteLevel and Sequence");
        }
    }

    private void AppendTemplate(JsonPlace place)
    {
        List<int> before = [];
        List<int> after = [];
        bool textSeen = false;
        foreach (JsonPlace part in place.Require("single").Items())
        {
            if (part.Find("SpecialToken") is { } token)
            {
                (textSeen ? after : before).AddRange(IdsOf(token.Require("id"), place));
            }
            else if (part.Find("Sequence") is { } sequence && sequence.Require("id").Text() == "A" && !textSeen)
            {
                textSeen = true;
            }
            else
            {
                throw part.Wrong("is neither a SpecialToken nor the first Sequence \"A\"; a template for one text holds that text once");
            }
        }

        if (!textSeen)
        {
            throw place.Require("single").Wrong("does not hold the Sequence \"A\"; a template for one text holds that text once");
        }

        // A later template of a sequence wraps what the earlier ones made.
        _before.InsertRange(0, before);
        _after.AddRange(after);
    }

    private List<int> IdsOf(JsonPlace name, JsonPlace template)
    {
        JsonPlace special = template.Require("special_tokens");
        JsonPlace token = special.Find(name.Text())
            ?? throw name.Wrong($"is {Quotation.Of(name.Text())}, which \"{special.Key}\" lacks; every special token of a template is defined there");
        List<int> ids = [];
        foreach (JsonPlace item in token.Require("ids").Items())
        {
            int id = item.Integer(0, Vocabulary.IdLimit - 1);
            if (_vocabulary.Find(id) is null)
            {
                throw item.Wrong($"is {id}, which belongs to no token; the ids of this tokenizer end at {_vocabulary.Size - 1}");
            }

            ids.Add(id);
        }

        return ids;
    }
}
