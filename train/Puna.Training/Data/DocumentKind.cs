namespace Puna.Training.Data;

/// <summary>One thing a document of a kind can say, and the ways of saying it.</summary>
internal sealed class Fact
{
    public required string Key { get; init; }

    /// <summary>Property names that schemas use for it.</summary>
    public required string[] Names { get; init; }

    /// <summary>string, integer, number, date or enum:a,b,c.</summary>
    public required string Type { get; init; }

    public required bool Required { get; init; }

    public string Make { get; set; } = "";

    /// <summary>Labelled lines, with <c>&lt;v&gt;</c> for the value.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>Sentences.</summary>
    public List<string> Sentences { get; } = [];
}

/// <summary>One sentence or line that says several facts at once, with <c>&lt;key&gt;</c> for each value.</summary>
/// <param name="Keys">Facts it says.</param>
/// <param name="Template">Wording.</param>
internal sealed record Compound(string[] Keys, string Template);

/// <summary>A kind of document, read from a text file under <c>data/kinds</c>.</summary>
internal sealed class DocumentKind
{
    public required string Name { get; init; }

    public bool HasCurrency { get; private set; }

    /// <summary>Everything stands in one line.</summary>
    public bool Inline { get; private set; }

    public List<Fact> Facts { get; } = [];

    public List<Compound> Compounds { get; } = [];

    public List<string> Openings { get; } = [];

    public List<string> Closings { get; } = [];

    public List<string> Noise { get; } = [];

    /// <summary>Names of the array of articles, or none.</summary>
    public string[] ItemNames { get; private set; } = [];

    /// <summary>All kinds, in the order of their files.</summary>
    public static IReadOnlyList<DocumentKind> All { get; } = [.. Resources.Names("kinds.").Select(name => Parse(Resources.Read(name)))];

    private static DocumentKind Parse(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        DocumentKind kind = new() { Name = lines[0]["name ".Length..] };
        foreach (string line in lines.Skip(1)) kind.Read(line);
        return kind;
    }

    private void Read(string line)
    {
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        string rest = line[(space + 1)..];
        switch (line[..space])
        {
            case "currency": HasCurrency = true; break;
            case "inline": Inline = true; break;
            case "open": Openings.Add(rest); break;
            case "close": Closings.Add(rest); break;
            case "noise": Noise.Add(rest); break;
            case "items": ItemNames = rest.Split(','); break;
            case "make": Facts[^1].Make = rest; break;
            case "line": Facts[^1].Lines.Add(rest); break;
            case "text": Facts[^1].Sentences.Add(rest); break;
            case "both":
                int keys = rest.IndexOf(' ', StringComparison.Ordinal);
                Compounds.Add(new Compound(rest[..keys].Split(','), rest[(keys + 1)..]));
                if (Compounds[^1].Keys.FirstOrDefault(key => Facts.TrueForAll(f => f.Key != key)) is { } unknown)
                    throw new FormatException($"'{line}' names '{unknown}', which is no fact of {Name}.");
                break;
            case "fact":
                string[] parts = rest.Split(' ');
                Facts.Add(new Fact { Key = parts[0], Names = parts[1].Split(','), Type = parts[2], Required = parts.Length > 3 });
                break;
            default: throw new FormatException($"'{line}' begins with no known word.");
        }
    }
}
