using System.Globalization;
using System.Text;
using Puna.Training.Numerics;

namespace Puna.Training.Data;

/// <summary>Repeating and looking up, the skills that extraction is made of. Short, so that they are learned first.</summary>
internal static class CopyTask
{
    private static readonly string[] Labels =
    [
        "name", "code", "colour", "city", "owner", "model", "serial", "size", "weight", "team", "room", "status", "title", "author", "year", "level",
        "grade", "species", "route", "gate", "seat", "shelf", "batch", "brand", "material", "height", "width", "region", "zone", "score", "rank", "type",
        "category", "version", "language", "format", "origin", "target", "driver", "vehicle", "plate", "flight", "hotel", "guest", "course", "teacher", "student", "subject",
    ];

    public static Conversation Make(SeededRandom random, ValueLists lists, double progress)
    {
        ValueMaker maker = new(random, lists);
        return random.Next(3) == 0 ? Repeat(random, maker) : Lookup(random, maker, progress);
    }

    private static Conversation Repeat(SeededRandom random, ValueMaker maker)
    {
        string text = string.Join(' ', Enumerable.Range(0, random.Next(1, 8)).Select(_ => Value(random, maker)));
        return new Conversation().User($"{random.Pick(["Repeat", "Repeat this", "Say", "Copy", "Repeat after me"])}: {text}").Answer(text);
    }

    // A form of "label: value" lines, asked for by its own labels.
    private static Conversation Lookup(SeededRandom random, ValueMaker maker, double progress)
    {
        int count = random.Next(2, progress < 0.1 ? 4 : 8);
        List<string> labels = [.. Labels];
        random.Shuffle(labels);
        labels = labels[..count];
        for (int i = 0; i < count; i++) if (random.Chance(0.25)) labels[i] = maker.Text("<word>");
        string separator = random.Pick([": ", ": ", " = ", " - ", " is ", "\t"]), end = random.Pick(["\n", "\n", "; ", ", "]);
        StringBuilder document = new();
        List<DocumentField> fields = [];
        foreach (string label in labels)
        {
            bool number = random.Chance(0.25);
            string value = number ? random.Next(1, 99999).ToString(CultureInfo.InvariantCulture) : Value(random, maker);
            string shown = random.Chance(0.4) ? char.ToUpperInvariant(label[0]) + label[1..] : label;
            document.Append(document.Length > 0 ? end : "").Append(shown).Append(separator).Append(value);
            fields.Add(new DocumentField([label], number ? "{\"type\":\"integer\"}" : "{\"type\":\"string\"}", number ? value : JsonText.Quote(value)));
        }

        return ExtractionTask.Ask(random, new WrittenDocument("form", document.ToString(), fields), plain: false);
    }

    private static string Value(SeededRandom random, ValueMaker maker) => maker.Text(random.Pick(
    [
        "<word>", "<word> <word>", "<person>", "<company>", "<city>", "<product>", "<code>", "<digits:5>", "<time>", "<phone>", "<email>", "<letters:3>", "<letters:6>",
        "<first>", "<street>", "<condition>", "<date>", "<hex>", "<word> <product>", "<word>-<digits:2>", "<letters:2> <word> <letters:1><digits:3>",
    ]));
}
