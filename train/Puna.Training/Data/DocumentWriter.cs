using System.Globalization;
using Puna.Training.Numerics;

namespace Puna.Training.Data;

/// <summary>A field that a document answers: a property for a schema and its value in JSON.</summary>
/// <param name="Names">Property names to choose from.</param>
/// <param name="Schema">Its JSON Schema.</param>
/// <param name="Json">Its value.</param>
internal sealed record DocumentField(string[] Names, string Schema, string Json);

/// <summary>A document and everything that can be asked of it.</summary>
internal sealed record WrittenDocument(string Kind, string Text, List<DocumentField> Fields);

/// <summary>Composes documents of a kind from the ways its facts can be said.</summary>
internal sealed class DocumentWriter(SeededRandom random, ValueLists lists)
{
    /// <param name="kind">What to write.</param>
    /// <param name="most">Most facts in it.</param>
    public WrittenDocument Write(DocumentKind kind, int most)
    {
        ValueMaker maker = new(random, lists);
        List<Fact> facts = Choose(kind, most);
        int style = kind.Inline ? 3 : random.Next(5); // 0..1 lines, 2 prose, 3.. mixed
        List<string> parts = [];
        List<DocumentField> fields = [];
        Dictionary<string, MadeValue> values = facts.ToDictionary(f => f.Key, f => maker.Make(f.Make, f.Type));
        HashSet<string> said = Combine(kind, values, maker, parts);
        foreach (Fact fact in facts)
        {
            MadeValue value = values[fact.Key];
            fields.Add(Field(fact, value));
            if (said.Contains(fact.Key)) continue;

            bool sentence = fact.Sentences.Count > 0 && !kind.Inline && (style == 2 || (style > 2 && random.Chance(0.5)));
            string template = random.Pick(sentence ? fact.Sentences : fact.Lines);
            string part = Grammar.Expand(template, random, name => name == "v" ? value.Text : maker.Text($"<{name}>"));
            parts.Insert(said.Count > 0 ? random.Next(parts.Count + 1) : parts.Count, sentence || kind.Inline ? part : Relabel(part));
        }

        if (kind.ItemNames.Length > 0 && random.Chance(0.35)) AddItems(kind, maker, parts, fields);
        for (int i = random.Next(4) - 1; i > 0; i--)
        {
            if (kind.Noise.Count > 0) parts.Insert(random.Next(parts.Count + 1), maker.Text(random.Pick(kind.Noise)));
        }

        if (kind.HasCurrency && facts.Any(f => f.Make == "<money>"))
            fields.Add(new DocumentField(["currency", "currency_code"], """{"type":"string"}""", JsonText.Quote(maker.Currency)));
        return new WrittenDocument(kind.Name, Join(kind, style, parts, maker), fields);
    }

    // Says some facts together, as people do, and returns which.
    private HashSet<string> Combine(DocumentKind kind, Dictionary<string, MadeValue> values, ValueMaker maker, List<string> parts)
    {
        HashSet<string> said = [];
        if (kind.Compounds.Count == 0 || random.Chance(0.45)) return said;

        List<Compound> compounds = [.. kind.Compounds.Where(c => c.Keys.All(values.ContainsKey))];
        random.Shuffle(compounds);
        foreach (Compound compound in compounds)
        {
            if (compound.Keys.Any(said.Contains) || random.Chance(0.25)) continue;

            said.UnionWith(compound.Keys);
            parts.Add(Grammar.Expand(compound.Template, random, name => values.TryGetValue(name, out MadeValue value) ? value.Text : maker.Text($"<{name}>")));
        }

        return said;
    }

    // A labelled line in one of the hands that forms are filled in.
    private string Relabel(string line)
    {
        int colon = line.IndexOf(": ", StringComparison.Ordinal);
        if (colon <= 0 || random.Chance(0.6)) return line;

        string label = line[..colon], value = line[(colon + 2)..];
        if (random.Chance(0.3)) label = random.Chance(0.5) ? label.ToUpperInvariant() : label.ToLowerInvariant();
        return label + random.Pick([":  ", " - ", " = ", "   ", ":\t", " ... ", ":\n", " ", ": ", " | "]) + value;
    }

    private List<Fact> Choose(DocumentKind kind, int most)
    {
        List<Fact> facts = [.. kind.Facts.Where(f => f.Required)];
        random.Shuffle(facts);
        if (facts.Count > most) facts.RemoveRange(most, facts.Count - most);
        List<Fact> others = [.. kind.Facts.Where(f => !f.Required)];
        random.Shuffle(others);
        facts.AddRange(others.Take(random.Next(0, Math.Max(0, most - facts.Count))));
        if (random.Chance(0.5)) facts.Sort((a, b) => kind.Facts.IndexOf(a).CompareTo(kind.Facts.IndexOf(b)));
        else random.Shuffle(facts);
        return facts;
    }

    private DocumentField Field(Fact fact, MadeValue value)
    {
        if (fact.Type.StartsWith("enum:", StringComparison.Ordinal))
            return new DocumentField(fact.Names, $$"""{"enum":[{{string.Join(',', fact.Type[5..].Split(',').Select(JsonText.Quote))}}]}""", value.Json);
        if (value.Iso is null) return new DocumentField(fact.Names, $$"""{"type":"{{fact.Type}}"}""", value.Json);

        return random.Chance(0.8)
            ? new DocumentField(fact.Names, """{"type":"string","format":"date"}""", value.Iso)
            : new DocumentField(fact.Names, """{"type":"string"}""", value.Json);
    }

    private void AddItems(DocumentKind kind, ValueMaker maker, List<string> parts, List<DocumentField> fields)
    {
        int count = random.Next(1, 3), layout = random.Next(6);
        bool withPrice = random.Chance(0.7);
        string nameKey = random.Pick(["name", "description", "article", "item"]), countKey = random.Pick(["quantity", "qty", "count"]), priceKey = random.Pick(["price", "amount", "unit_price"]);
        List<string> lines = [], values = [];
        for (int i = 0; i < count; i++)
        {
            string name = maker.Text("<product>"), quantity = random.Next(1, 20).ToString(CultureInfo.InvariantCulture);
            MadeValue price = maker.Money(limit: 300);
            lines.Add(layout switch
            {
                0 => $"{quantity} x {name}  {price.Text}",
                1 => $"{name}, {quantity} pcs, {price.Text}",
                2 => $"- {quantity} {name} at {price.Text}",
                3 => $"{name} | {quantity} | {price.Text}",
                4 => $"{i + 1}. {name} ({quantity}) {price.Text}",
                _ => $"{name} x{quantity} {price.Text}",
            });
            values.Add($"{{{JsonText.Quote(nameKey)}:{JsonText.Quote(name)},{JsonText.Quote(countKey)}:{quantity}{(withPrice ? $",{JsonText.Quote(priceKey)}:{price.Json}" : "")}}}");
        }

        parts.Insert(parts.Count / 2, string.Join('\n', lines));
        string schema = "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"" + nameKey + "\":{\"type\":\"string\"},\"" + countKey
            + "\":{\"type\":\"integer\"}" + (withPrice ? ",\"" + priceKey + "\":{\"type\":\"number\"}" : "") + "}}}";
        fields.Add(new DocumentField(kind.ItemNames, schema, $"[{string.Join(',', values)}]"));
    }

    private string Join(DocumentKind kind, int style, List<string> parts, ValueMaker maker)
    {
        if (kind.Inline) return string.Join(' ', parts);

        string separator = style == 2 ? " " : style == 4 && random.Chance(0.4) ? " " : "\n";
        if (separator == " ") parts = [.. parts.Select(p => p.Contains('\n', StringComparison.Ordinal) ? $"\n{p}\n" : p.EndsWith('.') || p.EndsWith('!') || p.EndsWith('?') ? p : p + random.Pick([".", ";", ","]))];
        string body = string.Join(separator, parts);
        string opening = random.Chance(0.7) ? maker.Text(random.Pick(kind.Openings)) : "";
        string closing = random.Chance(0.5) ? maker.Text(random.Pick(kind.Closings)) : "";
        string gap = random.Chance(0.3) ? "\n\n" : "\n";
        return string.Join(gap, new[] { opening, body, closing }.Where(p => p.Length > 0)).Trim();
    }
}
